package wire

import (
	"bytes"
	"hash/maphash"
)

// fewKeys is how many keys of an object are compared one by one. From there on
// they are hashed, so that a message of nothing but keys stays cheap.
const fewKeys = 16

// The seed is drawn per process: nobody can choose keys that collide.
var keySeed = maphash.MakeSeed()

// keySet finds keys that stand twice in one object, for all objects of a
// message at once.
type keySet struct {
	few     []span // keys of the open objects that have few, innermost last
	objects uint32 // opened so far
	many    []hashedKey
	slots   []int32 // open addressing: 1 + index into many, 0 is free
}

// objectKeys are the keys of one open object.
type objectKeys struct {
	object uint32
	base   int // of its keys in few
	hashed bool
}

type hashedKey struct {
	span
	hash uint32 // of the text and the object
}

func (ks *keySet) open() objectKeys {
	ks.objects++
	return objectKeys{object: ks.objects, base: len(ks.few)}
}

func (ks *keySet) close(o *objectKeys) { ks.few = ks.few[:o.base] }

// seen adds a key to an open object and reports whether it was there.
func (s *scanner) seen(o *objectKeys, key span) bool {
	ks := &s.keys
	if o.hashed {
		return s.insert(o.object, key)
	}
	text := s.bytes(key)
	for _, k := range ks.few[o.base:] {
		if bytes.Equal(s.bytes(k), text) {
			return true
		}
	}
	if ks.few == nil {
		ks.few = make([]span, 0, fewKeys+1)
	}
	ks.few = append(ks.few, key)
	if len(ks.few)-o.base > fewKeys {
		for _, k := range ks.few[o.base:] {
			s.insert(o.object, k)
		}
		ks.few, o.hashed = ks.few[:o.base], true
	}
	return false
}

// insert adds a key to the hashed ones and reports whether it was there.
func (s *scanner) insert(object uint32, key span) bool {
	ks := &s.keys
	if 2*len(ks.many) >= len(ks.slots) {
		ks.grow()
	}
	text := s.bytes(key)
	// The factor is odd, so it maps objects one to one: keys of the same text and
	// hash are of the same object.
	hash := uint32(maphash.Bytes(keySeed, text)) ^ object*0x9E3779B1
	i := ks.slotOf(hash)
	for ; ks.slots[i] != 0; i = (i + 1) % len(ks.slots) {
		k := &ks.many[ks.slots[i]-1]
		if k.hash == hash && bytes.Equal(s.bytes(k.span), text) {
			return true
		}
	}
	ks.many = append(ks.many, hashedKey{span: key, hash: hash})
	ks.slots[i] = int32(len(ks.many))
	return false
}

func (ks *keySet) slotOf(hash uint32) int { return int(hash) & (len(ks.slots) - 1) }

func (ks *keySet) grow() {
	ks.slots = make([]int32, max(4*fewKeys, 4*len(ks.slots)))
	for n, k := range ks.many {
		i := ks.slotOf(k.hash)
		for ks.slots[i] != 0 {
			i = (i + 1) % len(ks.slots)
		}
		ks.slots[i] = int32(n + 1)
	}
}
