package simulator

// How many people and merchants a seed has. Few pay or are paid much of the
// time, most now and then.
const (
	people    = 5000
	merchants = 800
)

// party is somebody who pays or is paid.
type party struct {
	bank    bank
	account string // BR IBAN
	key     string // Pix key of a person, CNPJ of a merchant
}

type parties struct {
	people    []party
	merchants []party
}

func newParties(seed uint64) parties {
	r := newRandom(seed, streamParties)
	ps := parties{people: make([]party, people), merchants: make([]party, merchants)}
	for i := range ps.people {
		b := pick(r, banks)
		ps.people[i] = party{bank: b, account: iban(r, b), key: pixKey(r)}
	}
	for i := range ps.merchants {
		b := pick(r, banks)
		ps.merchants[i] = party{bank: b, account: iban(r, b), key: string(appendCNPJ(nil, r))}
	}
	return ps
}

func (ps *parties) payer(r random) *party { return &ps.people[r.skewed(people)] }

// payee draws whom a Pix goes to, as people name them.
func (ps *parties) payee(r random) string {
	switch n := r.below(100); {
	case n < 50:
		return ps.merchants[r.skewed(merchants)].account
	case n < 60:
		return ps.merchants[r.skewed(merchants)].key
	case n < 85:
		return ps.people[r.skewed(people)].key
	default:
		return ps.people[r.skewed(people)].account
	}
}

func (ps *parties) merchant(r random) string { return ps.merchants[r.skewed(merchants)].account }
