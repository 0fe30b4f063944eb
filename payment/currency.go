package payment

// Currency is an ISO 4217 alphabetic code in upper case.
type Currency string

// Decimals returns how many decimals the currency's minor unit has, and whether
// the code is one that money can be paid in. Codes without a minor unit (gold,
// special drawing rights, testing codes) are not.
func (c Currency) Decimals() (int, bool) {
	if c == DefaultCurrency {
		return 2, true
	}
	d, ok := currencyDecimals[c]
	return int(d), ok
}

// currencyDecimals holds the active codes of ISO 4217 list one, and the few
// that were withdrawn since 2025 and may still arrive for earlier payments.
// Source: SIX Group, maintenance agency of ISO 4217, "List one: current
// currency and funds code list".
var currencyDecimals = decimalsTable()

func decimalsTable() map[Currency]uint8 {
	byDecimals := [...]string{
		0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
		2: "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BOV BRL BSD BTN BWP BYN BZD " +
			"CAD CDF CHE CHF CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS " +
			"GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL " +
			"MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK " +
			"PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS " +
			"TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XAD XCD XCG YER ZAR ZMW ZWG",
		3: "BHD IQD JOD KWD LYD OMR TND",
		4: "CLF UYW",
	}
	table := make(map[Currency]uint8, 180)
	for decimals, codes := range byDecimals {
		for i := 0; i+3 <= len(codes); i += 4 {
			table[Currency(codes[i:i+3])] = uint8(decimals)
		}
	}
	return table
}
