// Runs the Go libraries over the cases of a file, and prints what each does as JSON.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"runtime/debug"

	"github.com/cloudevents/sdk-go/v2/binding"
	cehttp "github.com/cloudevents/sdk-go/v2/protocol/http"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

type Case struct {
	Name, Secret string
	Headers      map[string]string
	Body         []byte
}

func main() {
	var cases []Case
	file, _ := os.ReadFile(os.Args[1])
	if err := json.Unmarshal(file, &cases); err != nil {
		panic(err)
	}
	signatures, events := map[string]string{}, map[string]string{}
	for _, one := range cases {
		if one.Secret != "" {
			signatures[one.Name] = verified(one)
		} else {
			events[one.Name] = read(one)
		}
	}
	found := map[string]any{
		"standard-webhooks " + version("github.com/standard-webhooks/standard-webhooks/libraries"): signatures,
		"sdk-go " + version("github.com/cloudevents/sdk-go/v2"):                                   events,
	}
	out := json.NewEncoder(os.Stdout)
	out.SetEscapeHTML(false)
	out.Encode(map[string]any{"Go": found})
}

func headersOf(one Case) http.Header {
	headers := http.Header{}
	for name, value := range one.Headers {
		headers.Set(name, value)
	}
	return headers
}

func verified(one Case) string {
	webhook, err := standardwebhooks.NewWebhook(one.Secret)
	if err == nil {
		err = webhook.Verify(one.Body, headersOf(one))
	}
	if err != nil {
		return "error: " + err.Error()
	}
	return "returns nothing"
}

func read(one Case) string {
	request, _ := http.NewRequest("POST", "/", bytes.NewReader(one.Body))
	request.Header = headersOf(one)
	event, err := binding.ToEvent(request.Context(), cehttp.NewMessageFromHttpRequest(request))
	if err != nil {
		return "error: " + err.Error()
	}
	return fmt.Sprintf("returns an event: %s, data %T", event.Type(), event.Data())
}

func version(module string) string {
	info, _ := debug.ReadBuildInfo()
	for _, one := range info.Deps {
		if one.Path == module {
			return one.Version
		}
	}
	return ""
}
