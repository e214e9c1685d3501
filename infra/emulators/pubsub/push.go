package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	pb "cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

const (
	poll         = 10 * time.Millisecond
	ackDeadline  = 600
	mostAttempts = 100
	atOnce       = 100
)

// backoff is how long a message rests after a delivery that was not acknowledged.
type backoff struct{ least, most time.Duration }

func (b backoff) after(attempt int) time.Duration {
	wait := b.least << min(attempt-1, 16)
	return min(wait, b.most)
}

// pusher posts what the subscriptions with an endpoint get.
type pusher struct {
	clients
	token   string
	chaos   chaos
	backoff backoff
	http    *http.Client
	mutex   sync.Mutex
	tries   map[string]int // by subscription and message; pstest counts only where there is a dead letter policy
}

func newPusher(connection *grpc.ClientConn, token string, chaos chaos, backoff backoff) *pusher {
	return &pusher{
		clients: clients{pb.NewPublisherClient(connection), pb.NewSubscriberClient(connection)},
		token:   token,
		chaos:   chaos,
		backoff: backoff,
		http: &http.Client{
			Timeout:       ackDeadline * time.Second,
			Transport:     &http.Transport{DisableKeepAlives: true},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		tries: map[string]int{},
	}
}

// prepare makes the topics, and the subscriptions of those that are pushed; `dead` is the topic of their dead letters.
func (p *pusher) prepare(ctx context.Context, topics, pushes []string, dead string) error {
	var deadLetters *pb.DeadLetterPolicy
	if dead != "" {
		topics = append(topics, dead)
		deadLetters = &pb.DeadLetterPolicy{DeadLetterTopic: dead, MaxDeliveryAttempts: mostAttempts}
	}
	for _, topic := range topics {
		if err := p.topic(ctx, topic); err != nil {
			return err
		}
	}
	for _, push := range pushes {
		topic, url, ok := strings.Cut(push, "=")
		if !ok {
			return fmt.Errorf("--push %s: must be projects/P/topics/T=URL", push)
		}
		if err := p.topic(ctx, topic); err != nil {
			return err
		}
		_, err := p.subscriber.CreateSubscription(ctx, &pb.Subscription{
			Name:                  strings.Replace(topic, "/topics/", "/subscriptions/", 1) + "-push",
			Topic:                 topic,
			AckDeadlineSeconds:    ackDeadline,
			EnableMessageOrdering: p.chaos.reorder == 0,
			PushConfig:            &pb.PushConfig{PushEndpoint: url},
			DeadLetterPolicy:      deadLetters,
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (p *pusher) topic(ctx context.Context, name string) error {
	_, err := p.publisher.CreateTopic(ctx, &pb.Topic{Name: name})
	if status.Code(err) == codes.AlreadyExists {
		return nil
	}
	return err
}

// run looks for subscriptions to push, those made over the API too, and delivers until it is stopped.
func (p *pusher) run(ctx context.Context) {
	for ctx.Err() == nil {
		found, err := p.subscriber.ListSubscriptions(ctx, &pb.ListSubscriptionsRequest{Project: "projects/"})
		if err == nil {
			for _, subscription := range found.Subscriptions {
				if subscription.PushConfig.GetPushEndpoint() != "" {
					p.deliver(ctx, subscription)
				}
			}
		}
		select {
		case <-ctx.Done():
		case <-time.After(poll):
		}
	}
}

// deliver posts what may be delivered of one subscription now, each message on its own.
func (p *pusher) deliver(ctx context.Context, subscription *pb.Subscription) {
	found, err := p.subscriber.Pull(ctx, &pb.PullRequest{
		Subscription:      subscription.Name,
		MaxMessages:       atOnce,
		ReturnImmediately: true,
	})
	if err != nil {
		return // deleted a moment ago, or we are stopping
	}
	for _, received := range found.ReceivedMessages {
		go p.message(ctx, subscription, received)
	}
}

// message posts one message; acknowledged is what got a 2xx, the rest is delivered again after its backoff.
func (p *pusher) message(ctx context.Context, subscription *pb.Subscription, received *pb.ReceivedMessage) {
	key := subscription.Name + " " + received.Message.MessageId
	attempt := p.count(key)
	chance := p.chaos.of(key, attempt)
	rest(ctx, chance.delay)
	if p.post(ctx, subscription, received, attempt) {
		_, _ = p.subscriber.Acknowledge(ctx, &pb.AcknowledgeRequest{
			Subscription: subscription.Name,
			AckIds:       []string{received.AckId},
		})
		if chance.again {
			p.post(ctx, subscription, received, p.count(key))
		}
		return
	}
	rest(ctx, p.backoff.after(attempt))
	_, _ = p.subscriber.ModifyAckDeadline(ctx, &pb.ModifyAckDeadlineRequest{
		Subscription:       subscription.Name,
		AckIds:             []string{received.AckId},
		AckDeadlineSeconds: 0,
	})
}

func (p *pusher) count(key string) int {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.tries[key]++
	return p.tries[key]
}

// post sends the message as the real one is sent, and says whether that was acknowledged.
func (p *pusher) post(ctx context.Context, subscription *pb.Subscription, received *pb.ReceivedMessage, attempt int) bool {
	request, err := p.request(ctx, subscription, received, attempt)
	if err != nil {
		tell(map[string]any{"subscription": subscription.Name, "error": err.Error()})
		return false
	}
	code := 0
	answer, err := p.http.Do(request)
	if err == nil {
		code = answer.StatusCode
		_ = answer.Body.Close()
	}
	tell(map[string]any{
		"subscription": subscription.Name,
		"message":      received.Message.MessageId,
		"orderingKey":  received.Message.OrderingKey,
		"attempt":      attempt,
		"status":       code,
	})
	return code >= 200 && code < 300
}

func (p *pusher) request(ctx context.Context, subscription *pb.Subscription, received *pb.ReceivedMessage, attempt int) (*http.Request, error) {
	body := received.Message.Data
	if subscription.PushConfig.GetNoWrapper() == nil {
		counted := 0
		if subscription.DeadLetterPolicy != nil {
			counted = attempt
		}
		wrapped, err := json.Marshal(envelopeOf(received.Message, subscription.Name, counted))
		if err != nil {
			return nil, err
		}
		body = wrapped
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, subscription.PushConfig.PushEndpoint, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("User-Agent", "APIs-Google; (+https://developers.google.com/webmasters/APIs-Google.html)")
	if p.token != "" {
		request.Header.Set("Authorization", "Bearer "+p.token)
	}
	return request, nil
}

// envelope is the body of a wrapped push; the real one spells two of its fields twice, and so do we.
type envelope struct {
	Message         message `json:"message"`
	Subscription    string  `json:"subscription"`
	DeliveryAttempt int     `json:"deliveryAttempt,omitempty"`
}

type message struct {
	Attributes     map[string]string `json:"attributes,omitempty"`
	Data           string            `json:"data,omitempty"`
	MessageID      string            `json:"messageId"`
	MessageIDOld   string            `json:"message_id"`
	OrderingKey    string            `json:"orderingKey,omitempty"`
	PublishTime    string            `json:"publishTime"`
	PublishTimeOld string            `json:"publish_time"`
}

func envelopeOf(sent *pb.PubsubMessage, subscription string, attempt int) envelope {
	at := sent.PublishTime.AsTime().Format(time.RFC3339Nano)
	return envelope{
		Message: message{
			Attributes:     sent.Attributes,
			Data:           base64.StdEncoding.EncodeToString(sent.Data),
			MessageID:      sent.MessageId,
			MessageIDOld:   sent.MessageId,
			OrderingKey:    sent.OrderingKey,
			PublishTime:    at,
			PublishTimeOld: at,
		},
		Subscription:    subscription,
		DeliveryAttempt: attempt,
	}
}

func rest(ctx context.Context, wait time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(wait):
	}
}
