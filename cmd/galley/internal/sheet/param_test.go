package sheet

import "testing"

func TestArgument(t *testing.T) {
	for text, want := range map[string]any{
		"5": int64(5), "-5": int64(-5), "0": int64(0), "9223372036854775807": int64(9223372036854775807), "-0.5": -0.5, "1.50": 1.5, "1e3": 1000.0,
		"": "", "007": "007", "+7": "+7", "sub-01": "sub-01", "1_000": "1_000", ".5": ".5", "5.": "5.", "0x10": "0x10", "Infinity": "Infinity", "true": "true",
		"null": "null", " 5": " 5", "5 ": "5 ", "1,5": "1,5", "[1]": "[1]", "'5'": "'5'", "-": "-",
	} {
		if got, err := Argument(text); err != nil || got != want {
			t.Errorf("%q is %#v, %v; want %#v", text, got, err, want)
		}
	}
	for _, text := range []string{"9223372036854775808", "-9223372036854775809", "1e400"} {
		if got, err := Argument(text); err == nil {
			t.Errorf("%q is %#v, want an error", text, got)
		}
	}
	for _, test := range []struct {
		kind, text string
		want       any
	}{
		{"text", "5", "5"}, {"int", "05", int64(5)}, {"real", "5", 5.0}, {"bool", "true", int64(1)}, {"bool", "0", int64(0)}, {"null", "", nil},
	} {
		if got, err := TypedArgument(test.kind, test.text); err != nil || got != test.want {
			t.Errorf("%s %q is %#v, %v; want %#v", test.kind, test.text, got, err, test.want)
		}
	}
	if got, err := TypedArgument("blob", "00ff"); err != nil || string(got.([]byte)) != "\x00\xff" {
		t.Errorf("blob 00ff is %v, %v", got, err)
	}
	for _, test := range [][2]string{{"int", "5.0"}, {"int", ""}, {"real", "x"}, {"real", "nan"}, {"bool", "yes"}, {"blob", "0"}, {"null", "x"}, {"number", "5"}} {
		if got, err := TypedArgument(test[0], test[1]); err == nil {
			t.Errorf("%s %q is %#v, want an error", test[0], test[1], got)
		}
	}
}
