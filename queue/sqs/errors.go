package sqs

import (
	"crypto/x509"
	"errors"
	"fmt"
	"slices"
	"strings"

	"recibo/queue"
)

// doing is what could not be done, and the account's rights that it takes.
type doing struct{ what, role string }

var (
	connecting = doing{what: "connect"}
	settingUp  = doing{"set up", "migrator"}
	sourcing   = doing{"open a source", "recorder"}
	publishes  = doing{"open a publisher", "publisher"}
	depth      = doing{what: "depth"}
)

// The codes by which AWS says that one thing, old ones included.
var (
	missingCodes = []string{"QueueDoesNotExist", "NonExistentQueue"}
	takenCodes   = []string{"QueueNameExists", "QueueAlreadyExists"}
	deniedCodes  = []string{"AccessDenied", "AccessDeniedException", "UnauthorizedOperation"}
	loginCodes   = []string{"InvalidClientTokenId", "UnrecognizedClientException", "SignatureDoesNotMatch", "InvalidSignatureException",
		"IncompleteSignature", "MissingAuthenticationToken", "ExpiredToken", "ExpiredTokenException", "InvalidAccessKeyId", "AuthFailure"}
	regionCodes  = []string{"OptInRequired", "InvalidAddress"}
	invalidCodes = []string{"InvalidAttributeName", "InvalidAttributeValue", "InvalidParameterValue", "UnsupportedOperation"}
	busyCodes    = []string{"ThrottlingException", "Throttling", "RequestThrottled", "TooManyRequestsException", "ServiceUnavailable", "OverLimit", "KmsThrottled"}
	staleCodes   = []string{"ReceiptHandleIsInvalid", "InvalidParameterValue", "MessageNotInflight"}
	tooLongCodes = []string{"BatchRequestTooLong", "MessageTooLong"}
)

func said(err error, codes []string) bool {
	a, ok := errors.AsType[*answer](err)
	return ok && slices.Contains(codes, a.code)
}

func missing(err error) bool { return said(err, missingCodes) }

// tooLong says that a request was refused for its size, which ElasticMQ and AWS
// say by several codes.
func tooLong(err error) bool {
	a, ok := errors.AsType[*answer](err)
	return ok && isTooLong(a.code, a.text)
}

func isTooLong(code, text string) bool {
	return slices.Contains(tooLongCodes, code) || strings.Contains(text, "MessageTooLong") ||
		strings.Contains(text, "must be shorter than") || strings.Contains(text, "longer than")
}

// refused tells what waiting cannot mend from what it can.
func (b *Broker) refused(d doing, err error) error {
	if errors.Is(err, queue.ErrNoDeadLetters) {
		return err
	}
	if _, told := errors.AsType[*queue.ConfigError](err); told {
		return err
	}
	if tip := b.place.hint(d, err); tip != "" {
		return &queue.ConfigError{Target: b.place.target, Tip: tip, Err: err}
	}
	return fmt.Errorf("queue %s: %s: %w", b.place.target, d.what, err)
}

// hint is the next step; none for what time may mend.
func (p *place) hint(d doing, err error) string {
	var authority x509.UnknownAuthorityError
	var name x509.HostnameError
	var invalid x509.CertificateInvalidError
	switch {
	case missing(err) && p.account != "":
		return "name a queue that is there: Recibo makes none in another account"
	case missing(err):
		return fmt.Sprintf("run recibo migrate --queue '%s', or name another queue", p.target)
	case said(err, deniedCodes):
		return p.deniedHint(d)
	case said(err, loginCodes):
		return "check the credentials, and the clock of this machine: aws sts get-caller-identity"
	case said(err, takenCodes), errors.Is(err, errOther):
		return "use the queue as it is with --setup=false, or name another queue"
	case said(err, regionCodes):
		return "check the region in the address"
	case d == settingUp && said(err, invalidCodes):
		return "the server takes no such queue: make one yourself and use it with --setup=false"
	case errors.As(err, &authority):
		return "name the file of the authority that signed the server's certificate: AWS_CA_BUNDLE=FILE"
	case errors.As(err, &name), errors.As(err, &invalid):
		return "check the endpoint against the server's certificate"
	case errors.Is(err, errNotSQS), strings.Contains(err.Error(), "server gave HTTP response to HTTPS client"):
		return "check the endpoint in the address, and AWS_ENDPOINT_URL"
	}
	return ""
}

func (p *place) deniedHint(d doing) string {
	role := d.role
	if role == "" {
		role = "recorder, publisher or migrator"
	}
	return fmt.Sprintf("give these credentials the rights of a %s: recibo migrate --print --queue '%s' shows the policy", role, p.target)
}
