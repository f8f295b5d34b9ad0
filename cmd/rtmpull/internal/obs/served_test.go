package obs

import "testing"

func TestHideArguments(t *testing.T) {
	for text, want := range map[string]string{
		"": "",
		`connect(1, {app: "live", list: [1], o: {a: "}"}})`:                    `connect(1, {app: "live", list: [1], o: {a: "}"}})`,
		`connect(1, {app: "live"}, true, "secret")`:                            `connect(1, {app: "live"}, true, "***")`,
		`connect(1, {app: "a\"}b"}, true, "sec\"ret", {key: "secret"}, 5, "")`: `connect(1, {app: "a\"}b"}, true, "***", {key: "***"}, 5, "***")`,
		`connect(1, null, "secret")`:                                           `connect(1, null, "***")`,
		`connect(1`:                                                            `connect(1`,
		`connect(1, {app: "live`:                                               `connect(1, {app: "live`,
		`connect(1, {app: "live"}, "secret`:                                    `connect(1, {app: "live"}, "***"`,
		`publish(5, null, "show", "live")`:                                     `publish(5, null, "show", "live")`,
	} {
		if got := hideArguments(text); got != want {
			t.Errorf("%s becomes\n%s, want\n%s", text, got, want)
		}
	}
}

func TestHideQuery(t *testing.T) {
	for text, want := range map[string]string{
		`play(4, null, "show")`:                         `play(4, null, "show")`,
		`play(4, null, "show?token=secret", -2000)`:     `play(4, null, "show?token=***", -2000)`,
		`play(4, null, "show?a=sec\"ret&b=secret")`:     `play(4, null, "show?a=***&b=***")`,
		`play(4, null, "show&token=secret")`:            `play(4, null, "show&token=***")`,
		`play(4, null, "show?secret")`:                  `play(4, null, "show?***")`,
		`play(4, null, "show?secret&secret")`:           `play(4, null, "show?***&***")`,
		`play(4, null, "show?a=1&secret?b=secret")`:     `play(4, null, "show?a=***&***")`,
		`play(4, null, "show?=secret&=secret")`:         `play(4, null, "show?=***&=***")`,
		`play(4, null, "show&a=secret?secret", "?")`:    `play(4, null, "show&a=***?***", "?")`,
		`play(4, null, "a & b", "c = d?", "e = f")`:     `play(4, null, "a & b", "c = d?", "e = f")`,
		`releaseStream(2, null, "show?key=secret")`:     `releaseStream(2, null, "show?key=***")`,
		`FCPublish(3, null, "show?key=secret")`:         `FCPublish(3, null, "show?key=***")`,
		`publish(5, null, "show?key=sec\\ret", "live")`: `publish(5, null, "show?key=***", "live")`,
		`FCUnpublish(6, null, "show?secret`:             `FCUnpublish(6, null, "show?***`,
		`"what?secret"(7, null)`:                        `"what?***"(7, null)`,
		`connect(1, {tcUrl: "rtmp://j:secret@h/live"})`: `connect(1, {tcUrl: "rtmp://j:***@h/live"})`,
		"live/show?token=secret":                        "live/show?token=***",
	} {
		if got := hideQuery(text); got != want {
			t.Errorf("%s becomes %s, want %s", text, got, want)
		}
	}
}
