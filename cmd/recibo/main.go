// Recibo records payments from a queue into a database, exactly once.
package main

import (
	"os"

	"recibo/internal/cli"
)

func main() { os.Exit(cli.Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }
