package app

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// WriteFile makes a file of what write writes: whole and on disk, or not at
// all. Until then it stands beside it under a name with .partial- in it, which
// only a kill leaves behind. What is at path already is left alone, unless
// overwrite says to replace it; only an ordinary file is ever replaced. Only the
// user may read the file: it holds personal data.
func WriteFile(path string, overwrite bool, write func(io.Writer) error) error {
	if resolved, err := filepath.EvalSymlinks(path); err == nil {
		path = resolved // the link stays one
	}
	if err := checkTarget(path, overwrite); err != nil {
		return err
	}
	dir, name := filepath.Split(path)
	f, err := os.CreateTemp(filepath.Clean(dir), name+".partial-*") // mode 0600
	if err != nil {
		return usage("check that the folder is there and that you may write to it", "write %s: %s", path, plainReason(err))
	}
	defer os.Remove(f.Name()) // does nothing once it has its name
	err = write(f)
	if syncErr := f.Sync(); err == nil {
		err = syncErr
	}
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return err
	}
	return publishFile(f.Name(), path, overwrite)
}

// checkTarget looks before anything starts.
func checkTarget(path string, overwrite bool) error {
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return usage("check the path", "write %s: %s", path, plainReason(err))
	case !info.Mode().IsRegular():
		return usage("name a file, or write to standard output", "write %s: it is not an ordinary file", path)
	case !overwrite:
		return alreadyThere(path)
	}
	return nil
}

func alreadyThere(path string) error {
	return usage("name another file, or replace it with --force", "write %s: there is such a file already", path)
}

// publishFile gives a finished file its name. A link, unlike a rename, never
// takes the place of a file that somebody made in the meantime.
func publishFile(partial, path string, overwrite bool) error {
	if !overwrite {
		err := os.Link(partial, path)
		switch {
		case err == nil:
			syncDir(path)
			return nil
		case errors.Is(err, fs.ErrExist):
			return alreadyThere(path)
		}
		// A file system without links: look, then rename.
		if err := checkTarget(path, false); err != nil {
			return err
		}
	}
	if err := os.Rename(partial, path); err != nil {
		return fmt.Errorf("write %s: %s", path, plainReason(err))
	}
	syncDir(path)
	return nil
}

// syncDir makes the new name last through a loss of power, where the system
// can: the file has its name by now, and its content is on disk.
func syncDir(path string) {
	d, err := os.Open(filepath.Dir(path))
	if err != nil {
		return
	}
	_ = d.Sync()
	_ = d.Close()
}

// plainReason is a file error without the operation and the path, which are
// named already.
func plainReason(err error) string {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return e.Err.Error()
	}
	if e, ok := errors.AsType[*os.LinkError](err); ok {
		return e.Err.Error()
	}
	return err.Error()
}
