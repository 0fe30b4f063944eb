package quarantine

import (
	"strconv"
	"strings"
)

// RedriveHeader is the header of a message that was sent back from quarantine.
// Its value is ENTRY/ATTEMPT: see FormatRedrive.
const RedriveHeader = "recibo-redrive-of"

// FormatRedrive is the value of RedriveHeader for an entry at an attempt.
func FormatRedrive(entryID string, attempt int) string {
	return entryID + "/" + strconv.Itoa(attempt)
}

// ParseRedrive reads what FormatRedrive wrote; false for anything else. Whoever
// can publish can write the header: it is a claim, to be checked against the
// entry.
func ParseRedrive(value string) (entryID string, attempt int, ok bool) {
	entryID, number, _ := strings.Cut(value, "/")
	attempt, _ = strconv.Atoi(number) // of what is no number something that is not written so
	if attempt < 1 || !IsEntryID(entryID) || FormatRedrive(entryID, attempt) != value {
		return "", 0, false
	}
	return entryID, attempt, true
}

// IsEntryID reports whether id has the form of an entry's.
func IsEntryID(id string) bool {
	return len(id) == 32 && strings.Trim(id, "0123456789abcdef") == ""
}
