//go:build chaos

package e2e_test

import (
	"cmp"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"recibo/e2e/campaign"
)

const (
	// atOnce is how many faults a run gets: some four minutes.
	atOnce = 24
	// forTheProof is what a run takes after its last fault.
	forTheProof = 3 * time.Minute
)

// TestCampaign is one leg of the fault campaign: run after run, each on the pair
// whose kinds of faults were thrown least, until each was thrown often enough or
// the time is up. What it finds is added to the file of RECIBO_CHAOS_REPORT, so
// that the next leg goes on from there.
//
//	RECIBO_CHAOS_LEG    how long, default 55m
//	RECIBO_CHAOS_FRESH  not empty: the report begins anew
//	RECIBO_CHAOS_PAIR   only pairs that begin so: kafka or kafka,postgres
//	RECIBO_CHAOS_KINDS  only kinds whose names hold this
func TestCampaign(t *testing.T) {
	until := time.Now().Add(legLasts(t))
	report, err := campaign.Open(cmp.Or(os.Getenv("RECIBO_CHAOS_REPORT"), "../bin/chaos.json"), os.Getenv("RECIBO_CHAOS_FRESH") != "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { fmt.Printf("\n%s\n", report.Table()) })
	skipDisks(t, report)
	all := offered()
	for len(all) > 0 && time.Now().Add(forTheProof).Before(until) && !report.Done(all) {
		seed := uint64(len(report.Runs) + 1)
		next := report.Next(all, atOnce, seed)
		if !throw(t, report, seed, next, until.Add(-forTheProof)) {
			all = without(all, next)
		}
	}
}

// skipDisks leaves out what this machine cannot have, and says why.
func skipDisks(t *testing.T, report *campaign.Report) {
	why := noDisk(t)
	for _, kind := range slices.Concat(diskKinds("sqlite"), diskKinds("postgres")) {
		delete(report.Skipped, kind.name)
		if why != "" {
			report.Skipped[kind.name] = why
		}
	}
}

func legLasts(t *testing.T) time.Duration {
	d, err := time.ParseDuration(cmp.Or(os.Getenv("RECIBO_CHAOS_LEG"), "55m"))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// throw does one run and keeps the report after each fault. It is false where
// the pair cannot be had.
func throw(t *testing.T, report *campaign.Report, seed uint64, o campaign.Offer, until time.Time) (had bool) {
	run := &campaign.Run{Seed: seed, Queue: o.Queue, Store: o.Store, Began: time.Now().UTC()}
	report.Add(run)
	save := func() {
		if err := report.Save(); err != nil {
			t.Fatal(err)
		}
	}
	had = true
	t.Run(fmt.Sprintf("seed=%d %s", seed, run.Pair()), func(t *testing.T) {
		defer func() {
			had = !t.Skipped()
			if t.Failed() && len(run.Failed) == 0 {
				run.Failed = []string{"see the log of this seed"}
			}
		}()
		kinds := o.Kinds
		besiege(t, run, kindsNamed(o), until, func(s campaign.Strike) {
			t.Logf("%d of %d, %s", len(run.Strikes), len(kinds), said(s))
			save()
		})
	})
	if !had {
		report.Runs = report.Runs[:len(report.Runs)-1]
		return false
	}
	ended := time.Now().UTC()
	run.Ended = &ended
	save()
	return true
}

// offered are the pairs and kinds that this leg is to have.
func offered() []campaign.Offer {
	var all []campaign.Offer
	for _, o := range offers() {
		if !strings.HasPrefix(o.Queue+","+o.Store, os.Getenv("RECIBO_CHAOS_PAIR")) {
			continue
		}
		kinds := o.Kinds
		o.Kinds = nil
		for _, kind := range kinds {
			if strings.Contains(kind, os.Getenv("RECIBO_CHAOS_KINDS")) {
				o.Kinds = append(o.Kinds, kind)
			}
		}
		if o.Kinds != nil {
			all = append(all, o)
		}
	}
	return all
}

func without(all []campaign.Offer, one campaign.Offer) []campaign.Offer {
	var rest []campaign.Offer
	for _, o := range all {
		if o.Queue != one.Queue || o.Store != one.Store {
			rest = append(rest, o)
		}
	}
	return rest
}

// offers are all pairs, with the names of their kinds.
func offers() []campaign.Offer {
	var all []campaign.Offer
	for _, q := range queueSides {
		for _, s := range storeSides {
			o := campaign.Offer{Queue: q.name, Store: s.name}
			for _, k := range kindsOf(q.name, s.name) {
				o.Kinds = append(o.Kinds, k.name)
			}
			all = append(all, o)
		}
	}
	return all
}
