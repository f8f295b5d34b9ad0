package amf

// traits are what objects of one class share (AMF3 3.12).
type traits struct {
	class   string
	sealed  []string // names of the properties that every object has
	dynamic bool     // objects may have more, each with its name
}

// object3 reads an object, of whose head the lowest bit has been consumed.
func (d *Decoder) object3(at int, head uint32, depth int) (Value, error) {
	t, err := d.traits3(at, head)
	if err != nil {
		return nil, err
	}
	o := &Object{Class: t.class}
	if t.class != "" {
		o.Kind = Typed
	}
	for _, name := range t.sealed {
		if err := d.member3(o, name, depth); err != nil {
			return o, err
		}
	}
	if !t.dynamic {
		return o, nil
	}
	return o, d.dynamic3(o, depth)
}

// traits3 reads the traits that head announces, or finds those that it refers
// to.
func (d *Decoder) traits3(at int, head uint32) (traits, error) {
	if head&1 == 0 {
		i := head >> 1
		if uint64(i) >= uint64(len(d.amf3.traits)) {
			return traits{}, d.fail(at, "reference to traits %d of %d", i, len(d.amf3.traits))
		}
		t := d.amf3.traits[i]
		cost := textCost(len(t.class))
		for _, name := range t.sealed {
			cost += textCost(len(name))
		}
		return t, d.spend(at, cost)
	}
	class, err := d.string3()
	if err != nil {
		return traits{}, err
	}
	if head&2 != 0 {
		// Its bytes are known to its class only, not even how many they are.
		return traits{}, d.fail(at, "externalizable class %s", Format(String(class)))
	}
	n, err := d.fits(at, head>>3, 1)
	if err != nil {
		return traits{}, err
	}
	// A name may be one byte here and costs a string header: it counts.
	if err := d.spend(at, n); err != nil {
		return traits{}, err
	}
	t := traits{class: class, dynamic: head&4 != 0, sealed: make([]string, 0, min(n, maxPrealloc))}
	for range n {
		name, err := d.string3()
		if err != nil {
			return traits{}, err
		}
		t.sealed = append(t.sealed, name)
	}
	d.amf3.traits = append(d.amf3.traits, t)
	return t, nil
}

// dynamic3 reads names and values up to the empty name. As in AMF0, the end of
// the message ends them too.
func (d *Decoder) dynamic3(o *Object, depth int) error {
	for {
		if d.left() == 0 {
			o.Truncated = true
			return nil
		}
		name, err := d.string3()
		if err != nil || name == "" {
			return err
		}
		if err := d.member3(o, name, depth); err != nil {
			return err
		}
	}
}

// member3 reads the value of the property called name.
func (d *Decoder) member3(o *Object, name string, depth int) error {
	v, err := d.value3(depth + 1)
	if v != nil {
		o.Properties = append(o.Properties, Property{name, v})
	}
	return err
}
