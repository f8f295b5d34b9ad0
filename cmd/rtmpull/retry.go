package main

import (
	"errors"
	"math"
	"strconv"
	"time"

	"github.com/spf13/pflag"

	"github.com/rtmpull/rtmpull/cmd/rtmpull/internal/job"
)

// retryFlags say how long to go on about a connection that fails or is lost.
type retryFlags struct {
	attempts        attemptsValue
	delay, maxDelay durationValue
	maxTime         durationValue
}

// group are the flags of who publishes.
func (f *retryFlags) group() flagGroup {
	return f.flags("how often to connect again in a row, also at the start (default: for 60 s, once a stream was taken for 3 s)", job.DefaultRetryMaxDelay)
}

func (f *retryFlags) flags(attempts string, maxDelay time.Duration) flagGroup {
	f.delay, f.maxDelay = durationValue(job.DefaultRetryDelay), durationValue(maxDelay)
	fs := pflag.NewFlagSet("survival", pflag.ContinueOnError)
	fs.Var(&f.attempts, "retry", attempts)
	fs.Var(&f.delay, "retry-delay", "how long to wait before connecting again, twice as long each time; 0.1 s at least")
	fs.Var(&f.maxDelay, "retry-max-delay", "how long to wait at most before connecting again; 0 is no limit")
	fs.Var(&f.maxTime, "retry-max-time", "how long to go on connecting again, from when the connection was lost; 0 is no limit if --retry is given (default: 60s, or no limit with --retry)")
	return flagGroup{"Survival", fs}
}

func (f *retryFlags) policy() job.Retry {
	r := job.Retry{
		Attempts: f.attempts.n, First: f.attempts.set,
		Delay: time.Duration(f.delay), MaxDelay: time.Duration(f.maxDelay), MaxTime: time.Duration(f.maxTime),
	}
	if !f.attempts.set {
		r.Attempts = job.Unlimited
		if r.MaxTime == 0 {
			r.MaxTime = job.DefaultRetryMaxTime
		}
	}
	return r
}

// An attemptsValue is a flag that takes a number of attempts, or inf.
type attemptsValue struct {
	n   int
	set bool
}

func (v *attemptsValue) String() string {
	switch {
	case !v.set:
		return ""
	case v.n == job.Unlimited:
		return "inf"
	}
	return strconv.Itoa(v.n)
}

func (v *attemptsValue) Type() string { return "N|inf" }

func (v *attemptsValue) Set(s string) error {
	n, err := strconv.Atoi(s)
	if s == "inf" {
		n, err = job.Unlimited, nil
	} else if err != nil || n < 0 || n > math.MaxInt32 {
		return errors.New("write a number, or inf")
	}
	v.n, v.set = n, true
	return err
}
