// Package flvtest makes damaged FLV files and bad streams for tests, by code,
// out of one good minute of video and sound.
//
//	func TestRepair(t *testing.T) {
//		for c := range flvtest.Cases(t, flvtest.Repair) {
//			t.Run(c.ID, func(t *testing.T) {
//				path := filepath.Join(t.TempDir(), "a.flv")
//				os.WriteFile(path, c.File, 0o600)
//				...
//				if video != c.Want.Video {
//					t.Errorf("%s: got %d video frames, want %d", c.Name, video, c.Want.Video)
//				}
//			})
//		}
//	}
//
// The good minute is testdata/flv/minute.flv: 25 fps of H.264 with B-frames and
// a key frame every two seconds, 1500 of them, and 2585 frames of AAC, no two
// packets alike. Most damage is done at the mark, the key frame at 20 s.
//
// What is random is seeded by the case's ID, so a case has the same bytes each
// time. The package does not import flvout, whose own tests use it: what a file
// holds is judged by a splitter of its own.
package flvtest
