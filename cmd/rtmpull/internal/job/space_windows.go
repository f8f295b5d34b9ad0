package job

import "golang.org/x/sys/windows"

// diskSpace returns how much room there is for us on the disk of a folder, and how
// much it has in all, in bytes.
func diskSpace(folder string) (free, capacity uint64, err error) {
	name, err := windows.UTF16PtrFromString(folder)
	if err != nil {
		return 0, 0, err
	}
	err = windows.GetDiskFreeSpaceEx(name, &free, &capacity, nil)
	return free, capacity, err
}
