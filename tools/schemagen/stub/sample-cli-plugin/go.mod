// An empty stand-in: nothing the generator links needs this module, and no proxy serves it.
module k8s.io/sample-cli-plugin

go 1.26
