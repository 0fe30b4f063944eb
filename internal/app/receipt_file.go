package app

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"strings"
	"unicode/utf8"
)

// The machine part of a receipt stands between these lines, and the hash of all
// that is above it in the last line.
const (
	receiptBegin = "-----BEGIN RECIBO RECEIPT-----\n"
	receiptEnd   = "-----END RECIBO RECEIPT-----\n"
	receiptHash  = "SHA-256: "
)

// renderReceipt writes the file of a receipt, which follows from its figures
// byte for byte, and the hash in it.
func renderReceipt(r *Receipt) (text, sum string) {
	w, err := receiptWords(r.Language)
	if err != nil {
		w = english // a file that claims to be in another language is told from this one
	}
	text = r.printed(w) + "\n" + receiptBegin + narrow(marshal(r)) + "\n" + receiptEnd
	sum = hashOf(text)
	return text + receiptHash + sum + "\n", sum
}

func hashOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

func marshal(r *Receipt) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(r); err != nil {
		panic(err) // it has nothing that cannot be written
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// narrow breaks the lines of compact JSON between its values, so that it prints.
func narrow(compact string) string {
	var out strings.Builder
	begin, safe, inText := 0, 0, false // of the line; the last place where it may break
	for i := 0; i < len(compact); i++ {
		switch c := compact[i]; {
		case inText && c == '\\':
			i++
		case c == '"':
			inText = !inText
		case !inText && (c == ',' || c == '{' || c == '['):
			if safe > begin && utf8.RuneCountInString(compact[begin:i+1]) > pageColumns {
				out.WriteString(compact[begin:safe] + "\n")
				begin = safe
			}
			safe = i + 1
		}
	}
	if safe > begin && utf8.RuneCountInString(compact[begin:]) > pageColumns {
		out.WriteString(compact[begin:safe] + "\n")
		begin = safe
	}
	return out.String() + compact[begin:]
}

// errNoReceipt is a file that is something else.
var errNoReceipt = errors.New("it is not a receipt")

// parseReceipt reads a receipt and reports whether its text is what its figures
// and its hash say.
func parseReceipt(text string) (r Receipt, intact bool, err error) {
	above, hash, found := cutLast(text, receiptHash)
	if !found {
		return r, false, errNoReceipt
	}
	_, figures, found := strings.Cut(above, receiptBegin)
	if !found {
		return r, false, errNoReceipt
	}
	figures, _, found = strings.Cut(figures, receiptEnd)
	if !found {
		return r, false, errNoReceipt
	}
	hashFits := strings.TrimSuffix(hash, "\n") == hashOf(above)
	if err := json.Unmarshal([]byte(figures), &r); err != nil {
		if !hashFits {
			return r, false, nil // it was one
		}
		return r, false, errNoReceipt
	}
	if r.Version != receiptVersion {
		return r, false, errors.New("it is a receipt of a version that this program does not know")
	}
	again, _ := renderReceipt(&r)
	return r, hashFits && again == text, nil
}

func cutLast(text, mark string) (before, after string, found bool) {
	i := strings.LastIndex(text, "\n"+mark)
	if i < 0 {
		return "", "", false
	}
	return text[:i+1], text[i+1+len(mark):], true
}
