package freesurfer

import (
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"strings"
)

// baseSession is the session's name of a template that FreeSurfer makes of the
// time points of a subject. The folder of one has a file base-tps.
const baseSession = "base"

// bids is a subject of a BIDS data set, and what follows it in a folder's name.
var bids = regexp.MustCompile(`^(sub-[0-9A-Za-z]+)_(.+)$`)

// identify returns the subject and the session of a folder that has
// statistics, outer or outer/inner:
//
//	sub-01                       sub-01   -
//	sub-01, with base-tps        sub-01   base
//	sub-01_ses-02                sub-01   ses-02
//	sub-01.long.base             sub-01   long.base
//	sub-01_ses-02.long.base      sub-01   ses-02.long.base
//	sub-01/ses-02                sub-01   ses-02
//	ses-02/sub-01                sub-01   ses-02
//
// It fails if another folder of the study has the same subject and session.
func identify(root string, fsys fs.FS, outer, inner string) (subject, name string, err error) {
	dir := path.Join(outer, inner)
	switch {
	case strings.HasPrefix(outer, "ses-") && strings.HasPrefix(inner, "sub-"):
		subject, name = inner, outer
	case inner != "":
		subject, name = outer, inner
	default:
		point, base, long := strings.Cut(outer, ".long.")
		subject, name = point, NoSession
		if m := bids.FindStringSubmatch(point); m != nil {
			subject, name = m[1], m[2]
		}
		switch _, err := fs.Stat(fsys, path.Join(dir, "base-tps")); {
		case long && name == NoSession:
			name = "long." + base
		case long:
			name += ".long." + base
		case err == nil && name == NoSession:
			name = baseSession
		}
	}
	if inner != "" && (name == NoSession || subject == NoSession) {
		return "", "", fmt.Errorf("%s: a session cannot be named %q, which stands for a subject without sessions",
			path.Join(root, dir), NoSession)
	}
	if name == NoSession {
		return subject, name, nil
	}
	for _, other := range []string{subject + "/" + name, name + "/" + subject, subject + "_" + name} {
		if other == dir {
			continue
		}
		if there, err := isDir(root, fsys, path.Join(other, statsDir)); err != nil {
			return "", "", err
		} else if there {
			return "", "", fmt.Errorf("%s and %s are both %s of %s: rename one of them",
				path.Join(root, dir), path.Join(root, other), name, subject)
		}
	}
	return subject, name, nil
}
