// An empty stand-in: nothing the generator links needs this module, and no proxy serves it.
module k8s.io/sample-controller

go 1.26
