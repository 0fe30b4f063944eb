package simulator

// bank is a participant of the Brazilian payment system.
type bank struct {
	ispb  string // 8 characters, the root of its CNPJ
	compe string // 3 digits, as in a boleto
}

// banks are real ones, weighted roughly by their customers.
var banks = []weighted[bank]{
	{25, bank{"18236120", "260"}}, // Nu
	{17, bank{"60701190", "341"}}, // Itaú
	{17, bank{"00360305", "104"}}, // Caixa
	{14, bank{"60746948", "237"}}, // Bradesco
	{12, bank{"00000000", "001"}}, // Banco do Brasil
	{9, bank{"90400888", "033"}},  // Santander
	{6, bank{"00416968", "077"}},  // Inter
}
