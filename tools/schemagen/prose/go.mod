module thole/tools/schemagen/prose

go 1.24
