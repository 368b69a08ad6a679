// SECRET=whsec_... PORT=9000 go run receiver.go
package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"
)

func main() {
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(os.Getenv("SECRET"), "whsec_"))
	if err != nil || len(key) == 0 {
		log.Fatal("SECRET is missing")
	}
	isGenuine := func(header http.Header, body []byte) bool {
		sentAt, err := strconv.ParseInt(header.Get("webhook-timestamp"), 10, 64)
		if err != nil || time.Since(time.Unix(sentAt, 0)).Abs() > 5*time.Minute {
			return false
		}
		mac := hmac.New(sha256.New, key)
		fmt.Fprintf(mac, "%s.%d.%s", header.Get("webhook-id"), sentAt, body)
		ours := "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
		for _, given := range strings.Fields(header.Get("webhook-signature")) {
			if hmac.Equal([]byte(ours), []byte(given)) {
				return true
			}
		}
		return false
	}
	http.HandleFunc("/", func(answer http.ResponseWriter, request *http.Request) {
		body, _ := io.ReadAll(request.Body)
		if isGenuine(request.Header, body) {
			answer.WriteHeader(204) // answer first, then work
		} else {
			answer.WriteHeader(401)
		}
	})
	http.ListenAndServe("127.0.0.1:"+os.Getenv("PORT"), nil)
}
