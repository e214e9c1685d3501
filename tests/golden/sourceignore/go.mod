// Asks Flux's own code which files random ignore rules leave out; `make golden` writes the answers.
module penstock.dev/golden/sourceignore

go 1.25.0

require github.com/fluxcd/pkg/sourceignore v0.17.0
