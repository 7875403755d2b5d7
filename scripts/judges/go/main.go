// Judges tokens with golang-jwt, and signs some with it. Reads cases, writes verdicts.
package main

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"

	"crypto/x509"
	"encoding/pem"

	"github.com/golang-jwt/jwt/v5"
)

type testCase struct {
	Algorithm  string `json:"algorithm"`
	Secret     string `json:"secret"`
	PrivatePem string `json:"privatePem"`
	PublicPem  string `json:"publicPem"`
	Token      string `json:"token"`
	Forged     string `json:"forged"`
}

func key(c testCase, private bool) (any, error) {
	if c.Secret != "" {
		return hex.DecodeString(c.Secret)
	}
	if private {
		block, _ := pem.Decode([]byte(c.PrivatePem))
		return x509.ParsePKCS8PrivateKey(block.Bytes)
	}
	block, _ := pem.Decode([]byte(c.PublicPem))
	return x509.ParsePKIXPublicKey(block.Bytes)
}

func verdict(c testCase, token string) string {
	found := func(*jwt.Token) (any, error) { return key(c, false) }
	_, err := jwt.Parse(token, found, jwt.WithValidMethods([]string{c.Algorithm}), jwt.WithAudience("orders"))
	if err != nil {
		return err.Error()
	}
	return "accepted"
}

func main() {
	var input struct {
		Cases  []testCase     `json:"cases"`
		Claims map[string]any `json:"claims"`
	}
	decoder := json.NewDecoder(os.Stdin)
	if err := decoder.Decode(&input); err != nil {
		panic(err)
	}
	verdicts := map[string]map[string]string{}
	for _, c := range input.Cases {
		found := map[string]string{"good": verdict(c, c.Token), "forged": verdict(c, c.Forged)}
		if method := jwt.GetSigningMethod(c.Algorithm); method == nil {
			found["signing"] = "unknown"
		} else {
			signer, err := key(c, true)
			if err != nil {
				panic(err)
			}
			token, err := jwt.NewWithClaims(method, jwt.MapClaims(input.Claims)).SignedString(signer)
			if err != nil {
				panic(err)
			}
			found["token"] = token
		}
		verdicts[c.Algorithm] = found
	}
	text, _ := json.Marshal(map[string]any{"version": "v5", "verdicts": verdicts})
	fmt.Println(string(text))
}
