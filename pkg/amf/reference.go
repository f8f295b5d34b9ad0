package amf

import "slices"

// repeat returns a copy of v for the reference at the offset at, inside depth
// objects and arrays. The copy is paid for like the original, so that a few
// hundred bytes of references to references do not stand for 2^32 values.
func (d *Decoder) repeat(at int, v Value, depth int) (Value, error) {
	switch v := v.(type) {
	case StrictArray:
		if err := d.enter(at, depth); err != nil {
			return nil, err
		}
		a := make(StrictArray, len(v))
		for i := range v {
			if err := d.spend(at, 1); err != nil {
				return nil, err
			}
			e, err := d.repeat(at, v[i], depth+1)
			if err != nil {
				return nil, err
			}
			a[i] = e
		}
		return a, nil
	case *Object:
		if err := d.enter(at, depth); err != nil {
			return nil, err
		}
		o := *v
		o.Properties = slices.Clone(v.Properties)
		if err := d.spend(at, textCost(len(v.Class))); err != nil {
			return nil, err
		}
		for i := range o.Properties {
			p := &o.Properties[i]
			if err := d.spend(at, 1+textCost(len(p.Name))); err != nil {
				return nil, err
			}
			e, err := d.repeat(at, p.Value, depth+1)
			if err != nil {
				return nil, err
			}
			p.Value = e
		}
		return &o, nil
	case String:
		return whole(v, d.spend(at, textCost(len(v))))
	case XML:
		return whole(v, d.spend(at, textCost(len(v))))
	case ByteArray:
		if err := d.spend(at, textCost(len(v))); err != nil {
			return nil, err
		}
		return slices.Clone(v), nil
	default:
		return v, nil
	}
}

// textCost is what the repetition of n bytes of text costs of MaxNodes. Names
// and short words are free; a megabyte cannot be repeated by the thousand.
func textCost(n int) int { return n / 256 }
