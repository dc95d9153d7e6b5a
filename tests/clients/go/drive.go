// Drives all four flows, from the invitation to the session, with the client that openapi-generator makes (go).
// `cargo xtask nightly clients` puts that client beside this file, as the package `client`.
package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	invite "drive/client"
)

const (
	password = "seven quiet otters swim"
	mailWait = 10 * time.Second
)

// What `invite-server dev` wrote.
var world struct {
	BaseURL      string `json:"base_url"`
	Mailbox      string
	Organization struct{ ID int32 }
	Customer     struct{ Slug string } `json:"customer_organization"`
	Credentials  struct {
		Muninx struct{ Bearer string }
		Kare   struct {
			Bearer       string
			SessionToken string `json:"session_token"`
		}
		Nexus struct {
			Bearer           string
			ApplicationToken string `json:"application_token"`
			Basic            struct{ Username, Password string }
		}
		Unleash struct {
			SignupToken string `json:"signup_token"`
		}
	}
}

var (
	client *invite.APIClient
	anyone = context.Background()
	folded = regexp.MustCompile(`=\r?\n`)
	// The client sends a credential that the context holds, and no other.
	bearer = func(token string) context.Context {
		return context.WithValue(anyone, invite.ContextAccessToken, token)
	}
	withKey = func(base context.Context, scheme, key string) context.Context {
		return context.WithValue(base, invite.ContextAPIKeys, map[string]invite.APIKey{scheme: {Key: key}})
	}
)

func must(err error) {
	if err == nil {
		return
	}
	var refused *invite.GenericOpenAPIError
	if errors.As(err, &refused) {
		panic(fmt.Sprintf("%v: %s", err, refused.Body()))
	}
	panic(err)
}

func expect[T comparable](what string, found, wanted T) {
	if found != wanted {
		panic(fmt.Sprintf("%s: expected %v, found %v", what, wanted, found))
	}
}

// The typed body of the 409 that a call ended with.
func conflict[T any](what string, response *http.Response, err error) T {
	if err == nil {
		panic(what + " succeeded")
	}
	expect(what, response.StatusCode, http.StatusConflict)
	var refused *invite.GenericOpenAPIError
	if !errors.As(err, &refused) {
		panic(err)
	}
	model, ok := refused.Model().(T)
	if !ok {
		panic(fmt.Sprintf("%s: the body is a %T", what, refused.Model()))
	}
	return model
}

func newAddress() string {
	return strings.ToLower(rand.Text()) + "@example.com"
}

// The secret in the link of the mail to an address: a challenge or an invitation.
func mailed(address, kind string) string {
	secret := regexp.MustCompile("#" + kind + `=([\w-]+)`)
	for deadline := time.Now().Add(mailWait); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		paths, err := filepath.Glob(filepath.Join(world.Mailbox, "*.eml"))
		must(err)
		for _, path := range paths {
			mail, err := os.ReadFile(path)
			must(err)
			plain := strings.ReplaceAll(folded.ReplaceAllString(string(mail), ""), "=3D", "=")
			found := secret.FindStringSubmatch(plain)
			if found != nil && strings.Contains(string(mail), "To: "+address) {
				return found[1]
			}
		}
	}
	panic("no mail with " + kind + " to " + address)
}

func signIn(address string) {
	tokens, _, err := client.SessionsAPI.CreateSession(anyone).NewSession(*invite.NewNewSession(address, password)).Execute()
	must(err)
	expect("a session without an access token", tokens.AccessToken == "", false)
}

func activate(address string) {
	activation := invite.NewActivation(mailed(address, "challenge"), password)
	activated, _, err := client.ActivationAPI.Activate(anyone).Activation(*activation).Execute()
	must(err)
	expect("the activated address", activated.User.GetEmail(), address)
	signIn(address)
}

func muninx() {
	address := newAddress()
	user := invite.NewMuninxNewUser(address, "Jane", "Doe", "customer")
	user.SetOrganization(world.Customer.Slug)
	call := client.MuninxAPI.MuninxInviteUser(bearer(world.Credentials.Muninx.Bearer)).MuninxNewUser(*user)
	answer, _, err := call.Execute()
	must(err)
	// It hands a text over as JSON, with the quotes.
	var text string
	must(json.Unmarshal([]byte(answer), &text))
	expect("the text of the answer", text, "A confirmation email has been sent to the new user's email")
	_, response, err := call.Execute()
	problem := conflict[invite.MuninxProblem]("a second invitation", response, err)
	expect("its problem", problem.GetStatus(), http.StatusConflict)
	activate(address)
}

func kare() {
	address := newAddress()
	permissions := invite.NewKareInvitedPermissions(1)
	permissions.SetRead([]int64{1, 2})
	person := invite.NewKareInviteUserOrganization("John", "Doe", address, *permissions)
	credentials := withKey(bearer(world.Credentials.Kare.Bearer), "kareSession", world.Credentials.Kare.SessionToken)
	invited, _, err := client.KareAPI.KareInviteUserOrganization(credentials).KareInviteUserOrganization(*person).Execute()
	must(err)
	expect("what the member may read", fmt.Sprint(invited.Data.Permissions.Read), "[1 2]")
	token := mailed(address, "invitation")
	acceptance := invite.NewKareAcceptInvitation(token, address, password, "John", "Doe", "+33 1 23 45 67 89")
	accepted, _, err := client.KareAPI.KareAcceptInvitation(anyone).KareAcceptInvitation(*acceptance).Execute()
	must(err)
	expect("an acceptance without a session", accepted.Data.SessionToken == "", false)
	signIn(address)
}

func nexus() {
	address := newAddress()
	member := invite.NewNexusInviteMember(address)
	member.SetGivenName("Maria")
	member.SetFamilyName("Silva")
	known := world.Credentials.Nexus
	pair := withKey(bearer(known.Bearer), "nexusApplicationToken", known.ApplicationToken)
	basic := context.WithValue(anyone, invite.ContextBasicAuth,
		invite.BasicAuth{UserName: known.Basic.Username, Password: known.Basic.Password})
	call := func(credentials context.Context) (*http.Response, error) {
		invitation := client.NexusAPI.NexusInviteOrganizationMember(credentials, world.Organization.ID)
		return invitation.NexusInviteMember(*member).Execute()
	}
	response, err := call(pair)
	must(err)
	expect("an invitation", response.StatusCode, http.StatusNoContent)
	response, err = call(basic)
	conflict[invite.NexusProblemDetails]("a second invitation, with Basic", response, err)
	activate(address)
}

func unleash() {
	token := world.Credentials.Unleash.SignupToken
	_, err := client.UnleashAPI.UnleashValidateSignupToken(anyone, token).Execute()
	must(err)
	address := newAddress()
	account := invite.NewUnleashCreateInvitedUser(address, "Hunter Burgan", password)
	call := client.UnleashAPI.UnleashSignup(anyone, token).UnleashCreateInvitedUser(*account)
	user, _, err := call.Execute()
	must(err)
	expect("the address that signed up", user.GetEmail(), address)
	_, response, err := call.Execute()
	conflict[invite.UnleashError]("a second sign-up", response, err)
	signIn(address)
}

func main() {
	text, err := os.ReadFile(os.Args[1])
	must(err)
	must(json.Unmarshal(text, &world))
	configuration := invite.NewConfiguration()
	configuration.Servers = invite.ServerConfigurations{{URL: world.BaseURL}}
	client = invite.NewAPIClient(configuration)
	for _, flow := range []struct {
		name  string
		drive func()
	}{{"muninx", muninx}, {"kare", kare}, {"nexus", nexus}, {"unleash", unleash}} {
		flow.drive()
		fmt.Println(flow.name + ": from nothing to a session")
	}
}
