// Package doctor finds out what is wrong with a database file, or may become
// so: where it lies, who may read it, who has it open, and whether what it
// says of itself is true. Each finding says what to do.
package doctor
