// Package archtest holds the module to its architecture: which package may
// import which, that the libraries underneath do not show through the API, and
// that files stay short and finished.
//
// [Check] reads source text alone: every Go file of the module, whatever its
// build constraints, so that the files of other systems and of other engines
// count as well. A folder that no layer names is a violation itself, so that
// a new package cannot slip in beside the rules.
package archtest
