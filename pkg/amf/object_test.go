package amf

import "testing"

func TestObject(t *testing.T) {
	o := &Object{Properties: props("code", Number(1), "Level", Number(2), "code", Number(3))}
	for _, tt := range []struct {
		name string
		got  Value
		want Value
	}{
		{"first wins", o.Get("code"), Number(1)},
		{"exact", o.Get("level"), nil},
		{"nil object", (*Object)(nil).Get("code"), nil},
	} {
		if tt.got != tt.want {
			t.Errorf("%s: got %v, want %v", tt.name, tt.got, tt.want)
		}
	}
	o.Set("code", Number(4))
	o.Set("new", Number(5))
	if got, want := Format(o), `{code: 4, Level: 2, code: 3, new: 5}`; got != want {
		t.Errorf("after Set: got %s, want %s", got, want)
	}
	o.Delete("code")
	o.Delete("absent")
	(*Object)(nil).Delete("code")
	if got, want := Format(o), `{Level: 2, new: 5}`; got != want {
		t.Errorf("after Delete: got %s, want %s", got, want)
	}
}

func TestAs(t *testing.T) {
	if s, ok := AsString(String("a")); s != "a" || !ok {
		t.Errorf("string: got %q, %t", s, ok)
	}
	if n, ok := AsNumber(Number(1.5)); n != 1.5 || !ok {
		t.Errorf("number: got %v, %t", n, ok)
	}
	if b, ok := AsBool(Boolean(true)); !b || !ok {
		t.Errorf("boolean: got %t, %t", b, ok)
	}
	o := &Object{Kind: ECMAArray}
	if got, ok := AsObject(o); got != o || !ok {
		t.Errorf("object: got %v, %t", got, ok)
	}
	for _, v := range []Value{nil, Null{}, (*Object)(nil)} {
		_, s := AsString(v)
		_, n := AsNumber(v)
		_, b := AsBool(v)
		_, o := AsObject(v)
		if s || n || b || o {
			t.Errorf("%v: got a string %t, number %t, boolean %t, object %t, want none", v, s, n, b, o)
		}
	}
}
