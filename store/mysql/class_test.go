package mysql_test

import (
	"testing"

	"recibo/store"
	"recibo/store/mysql"
)

// TestClassOfNumbers has every number that is known, those of MySQL too, which
// no MariaDB says.
func TestClassOfNumbers(t *testing.T) {
	const (
		outage, transient, data, big, slow, unknown = store.ClassOutage, store.ClassTransient, store.ClassData, store.ClassTooBig,
			store.ClassTooSlow, store.ClassUnknownCommit
	)
	for numbers, want := range map[[1]string][3]store.Class{
		{"deadlocks and the like"}:         {transient, transient, transient},
		{"values that are refused"}:        {data, outage, outage},
		{"a limit of size"}:                {big, big, big},
		{"a packet that is too large"}:     {big, unknown, big},
		{"limits of time and memory"}:      {slow, unknown, slow},
		{"an end of the connection"}:       {outage, unknown, outage},
		{"an engine that stumbled"}:        {outage, unknown, outage},
		{"what somebody else has to mend"}: {outage, outage, outage},
	} {
		for _, n := range knownNumbers[numbers[0]] {
			record, commit, elsewhere := mysql.ClassOf(n)
			if got := [3]store.Class{record, commit, elsewhere}; got != want {
				t.Errorf("%s, error %d: %v, want %v", numbers[0], n, got, want)
			}
		}
	}
}

var knownNumbers = map[string][]uint16{
	"deadlocks and the like":     {1213, 1205, 1020, 3101},
	"values that are refused":    {1062, 1022, 1169, 1264, 1265, 1292, 1300, 1365, 1366, 1367, 1406, 1411, 1525, 1586, 1644, 1690, 3819, 4025},
	"a limit of size":            {1197, 1301},
	"a packet that is too large": {1153},
	"limits of time and memory":  {1969, 3024, 1317, 1206, 1037, 1038, 1041},
	"an end of the connection":   {1053, 1927, 4031},
	"an engine that stumbled":    {1180},
	"what somebody else has to mend": {1, 3, 28, 1021, 1040, 1044, 1045, 1046, 1047, 1048, 1049, 1054, 1114, 1142, 1143, 1146, 1203, 1216, 1227, 1290,
		1364, 1452, 1526, 1665, 1792, 1836, 3100, 3159, 65535},
}

// TestMessagesHoldNoValues has messages of both servers.
func TestMessagesHoldNoValues(t *testing.T) {
	for _, c := range []struct {
		number        uint16
		message, want string
	}{
		{1062, "Duplicate entry 'BR18 for key 'x'' for key 'one_account'", "Duplicate entry for key 'one_account'"},
		{1062, "Duplicate entry 'BR18' for key 'payments.one_account'", "Duplicate entry for key 'payments.one_account'"},
		{1366, "Incorrect integer value: 'BR18 at row 1' for column `d`.`payments`.`x` at row 3", "Incorrect integer value for column `d`.`payments`.`x` at row 3"},
		{1366, "Incorrect string value: '\\xE6\\xBC' for column 'payer_account' at row 1", "Incorrect string value for column 'payer_account' at row 1"},
		{1292, "Truncated incorrect DOUBLE value: 'BR18'", "Truncated incorrect DOUBLE value"},
		{1292, "Incorrect date value: 'BR18' for column `x` at row 1", "Incorrect date value for column `x` at row 1"},
		{1300, "Invalid utf8mb4 character string: 'FF'", "Invalid utf8mb4 character string"},
		{1526, "Table has no partition for value 7", "Table has no partition"},
		{1690, "BIGINT value is out of range in '(15075 * 99)'", "BIGINT value is out of range"},
		{1064, "You have an error in your SQL syntax; check the manual near 'BR18', 'x' at line 1", "You have an error in your SQL syntax; check the manual"},
		{1406, "Data too long for column 'method' at row 1", "Data too long for column 'method' at row 1"},
		{3819, "Check constraint 'amount_limit' is violated.", "Check constraint 'amount_limit' is violated."},
		{1644, "fraud: 'rule 7'", "fraud: 'rule 7'"},
	} {
		if got := mysql.MessageOf(c.number, c.message); got != c.want {
			t.Errorf("%s: %q, want %q", c.message, got, c.want)
		}
	}
}

func TestVersions(t *testing.T) {
	for text, want := range map[string]int{"8.0.36": 80036, "8.4.0-log": 80400, "10.11.19-MariaDB-0+deb12u1": -101119, "5.7.44-48": 50744, "11.8.2-MariaDB": -110802} {
		number, isMariaDB := mysql.ParseVersion(text)
		if isMariaDB {
			number = -number
		}
		if number != want {
			t.Errorf("%s: %d, want %d", text, number, want)
		}
	}
}
