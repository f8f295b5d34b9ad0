package flvout

// Damage counts what is wrong with a file's bytes. Its names in JSON are described
// in docs/probe.md.
type Damage struct {
	NoHeader     bool  `json:"no_header"`           // there is none, or none that can be trusted
	LongHeader   bool  `json:"long_header"`         // it has not 9 bytes, which is legal
	Garbage      int64 `json:"garbage_bytes"`       // before and between tags that are none
	Places       int64 `json:"garbage_places"`      // at which there are such bytes
	Trailers     int64 `json:"wrong_trailers"`      // that do not tell the size of the tag before them, or of no tag
	NoTrailer    bool  `json:"no_last_trailer"`     // it is missing, or a part of it
	Tail         int64 `json:"tail_bytes"`          // behind the last tag
	Torn         bool  `json:"torn_tag"`            // they begin like a tag
	Joined       int64 `json:"joined_files"`        // that were appended to the first
	Unknown      int64 `json:"unknown_tags"`        // of no known type, or encrypted
	UnknownBytes int64 `json:"unknown_tag_bytes"`   // in these
	StreamIDs    int64 `json:"tags_with_stream_id"` // which has to be 0

	// UnreadableFrom is the offset behind which a pipe could not be read: in one
	// nothing is searched for. 0 is nowhere.
	UnreadableFrom int64 `json:"unreadable_from,omitempty"`
}

// any tells whether the file is damaged at all.
func (d Damage) any() bool {
	d.LongHeader = false
	return d != Damage{}
}
