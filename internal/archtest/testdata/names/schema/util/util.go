package util // want name
