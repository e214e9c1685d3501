// A Pub/Sub that tests can run: Google's own fake server, and a loop that pushes as the real one does.
//
// The fake (pstest) keeps topics, subscriptions and messages, but delivers only to those who pull. Here every
// subscription with a push endpoint gets its messages posted: one at a time for each ordering key, again with a
// backoff until the answer is 2xx, with the number of the attempt if the subscription has a dead letter policy.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"os"
	"os/signal"
	"syscall"
	"time"

	pb "cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"cloud.google.com/go/pubsub/v2/pstest"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
)

// tokenVariable holds the bearer token of the pushes: an argument would be in sight of every process.
const tokenVariable = "PUSH_TOKEN"

func main() {
	log.SetFlags(0)
	address := flag.String("listen", "127.0.0.1:0", "address of the gRPC server; port 0 takes a free one")
	var topics, pushes list
	flag.Var(&topics, "topic", "a topic to make, projects/P/topics/T; may be repeated")
	flag.Var(&pushes, "push", "a topic to make with a push subscription T-push, projects/P/topics/T=URL; may be repeated")
	dead := flag.String("dead", "", "the topic of dead letters: pushes then carry the number of the attempt")
	chaos := chaos{}
	flag.Float64Var(&chaos.duplicate, "duplicate", 0, "the share of messages that are delivered again after their acknowledgement")
	flag.DurationVar(&chaos.reorder, "reorder", 0, "each delivery is put off by up to so long, and ordering keys hold nothing back")
	flag.Uint64Var(&chaos.seed, "seed", 1, "what duplicates and delays are chosen by")
	backoff := backoff{}
	flag.DurationVar(&backoff.least, "least-backoff", 50*time.Millisecond, "the time until the second delivery")
	flag.DurationVar(&backoff.most, "most-backoff", time.Second, "the longest time until another delivery")
	flag.Parse()

	stopped, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	server := pstest.NewServerWithAddress(*address)
	defer server.Close()
	connection, err := grpc.NewClient(server.Addr, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		log.Fatal(err)
	}
	p := newPusher(connection, os.Getenv(tokenVariable), chaos, backoff)
	if err := p.prepare(stopped, topics, pushes, *dead); err != nil {
		log.Fatal(err)
	}
	tell(map[string]any{"listening": server.Addr})
	p.run(stopped)
}

// tell prints a line of JSON.
func tell(fields map[string]any) {
	line, err := json.Marshal(fields)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(string(line))
}

// list is a flag that may be repeated.
type list []string

func (l *list) String() string { return fmt.Sprint(*l) }

func (l *list) Set(value string) error {
	*l = append(*l, value)
	return nil
}

// clients are the two services that the loop uses, as any client would.
type clients struct {
	publisher  pb.PublisherClient
	subscriber pb.SubscriberClient
}
