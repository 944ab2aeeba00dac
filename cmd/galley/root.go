package main

import (
	"fmt"
	"regexp"

	"github.com/spf13/cobra"
)

// newRoot is the command with all verbs.
func newRoot(a *app) *cobra.Command {
	root := &cobra.Command{
		Use:   "galley",
		Short: "Inspect, export and maintain galley database files",
		Long: `galley works with galley database files: SQLite files with typed tables, written
by many workers, each batch of rows once.

A verb that does not write opens the file read-only. Data goes to standard
output, progress to standard error. With --json, every verb prints its result as
JSON. The exit status is 0 for success, 1 for a failure, 2 for a wrong command
line, and 130 after Ctrl-C. Output has color on a terminal only, and never when
NO_COLOR is set.

For a verb that galley does not have, it runs the program galley-VERB from PATH.
For example, galley publish runs galley-publish, which is in the module galley/lake.`,
		Example: `  galley status features.db
  galley head features.db aseg
  galley query features.db 'SELECT subject, count(*) FROM aseg GROUP BY 1'
  galley export features.db --merge -o out
  galley doctor features.db`,
		Version:       version(),
		SilenceUsage:  true,
		SilenceErrors: true,
		PersistentPreRun: func(cmd *cobra.Command, _ []string) {
			a.begin()
		},
	}
	root.PersistentFlags().BoolVar(&a.json, "json", false, "print JSON")
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		if negative.MatchString(err.Error()) {
			err = fmt.Errorf("%w; put -- before arguments that begin with a minus sign", err)
		}
		return &usageError{cmd.CommandPath(), err}
	})
	root.AddGroup(
		&cobra.Group{ID: groupSee, Title: "See what is in a file:"},
		&cobra.Group{ID: groupMove, Title: "Move rows:"},
		&cobra.Group{ID: groupCare, Title: "Maintain a file:"},
		&cobra.Group{ID: groupMore, Title: "More:"},
	)
	for _, v := range []struct {
		group string
		verbs []*cobra.Command
	}{
		{groupSee, []*cobra.Command{newStatus(a), newTables(a), newSchema(a), newHead(a), newTail(a), newSample(a), newQuery(a), newProfile(a), newReport(a), newBatches(a), newRejects(a), newHistory(a), newWatch(a)}},
		{groupMove, []*cobra.Command{newExport(a), newImport(a), newCopy(a), newMerge(a), newCollect(a)}},
		{groupCare, []*cobra.Command{newCheckpoint(a), newBackup(a), newVacuum(a), newForget(a), newRename(a), newDrop(a), newClear(a), newDoctor(a)}},
		{groupMore, []*cobra.Command{newGen(), newMan(a)}},
	} {
		for _, verb := range v.verbs {
			verb.GroupID = v.group
			verb.DisableFlagsInUseLine = true
			verb.ValidArgsFunction = completer(verb.Use)
			if f := verb.Flags().Lookup("format"); f != nil {
				_ = verb.RegisterFlagCompletionFunc("format", cobra.FixedCompletions(formats(f.Usage), cobra.ShellCompDirectiveNoFileComp))
			}
			root.AddCommand(verb)
		}
	}
	root.SetHelpCommand(newHelp())
	root.SetHelpCommandGroupID(groupMore)
	root.SetCompletionCommandGroupID(groupMore)
	return root
}

// negative is the error about a negative number that is taken for a flag.
var negative = regexp.MustCompile(`^unknown shorthand flag: '[0-9.]'`)

// addCompletion adds the verb completion, which writes to the output that root
// has now. cobra answers an unknown shell with help and success.
func addCompletion(root *cobra.Command) {
	root.InitDefaultCompletionCmd()
	for _, verb := range root.Commands() {
		if !verb.Runnable() {
			verb.Args = cobra.NoArgs
			verb.RunE = func(cmd *cobra.Command, _ []string) error { return cmd.Help() }
		}
	}
}

// The groups of verbs in the help.
const (
	groupSee  = "see"
	groupMove = "move"
	groupCare = "care"
	groupMore = "more"
)

// exactly takes these arguments, by name.
func exactly(names ...string) cobra.PositionalArgs { return between(len(names), names...) }

// between takes at least the first ones of these arguments; if the last name
// ends in an ellipsis, there may be any number of it.
func between(least int, names ...string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		many := len(names) > 0 && names[len(names)-1][len(names[len(names)-1])-1] == '.'
		switch {
		case len(args) < least:
			return &usageError{cmd.CommandPath(), fmt.Errorf("%s is missing: %s", names[len(args)], cmd.UseLine())}
		case len(args) > len(names) && !many:
			return &usageError{cmd.CommandPath(), fmt.Errorf("unexpected argument %q: %s", args[len(names)], cmd.UseLine())}
		}
		return nil
	}
}

// wrong is a usage error of a verb.
func wrong(cmd *cobra.Command, format string, args ...any) error {
	return &usageError{cmd.CommandPath(), fmt.Errorf(format, args...)}
}
