// The long-lived probe of the Go drivers, as ../harness/serving.py describes it: probe go-mssqldb | database-sql
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"os"
	"sync"
)

// fields of a command; what an operation needs is there.
type command struct {
	ID          int      `json:"id"`
	Op          string   `json:"op"`
	As          string   `json:"as"`
	On          string   `json:"on"`
	Pool        any      `json:"pool"`
	SQL         string   `json:"sql"`
	Params      []typed  `json:"params"`
	Timeout     *float64 `json:"timeout"`
	Types       []string `json:"types"`
	Statement   string   `json:"statement"`
	Values      []*string
	Procedure   string
	Table       string
	Columns     []typed
	Rows        [][]*string
	Host        string
	Port        *int
	User        string
	Password    string
	Database    string
	Encrypt     string
	Trust       *bool
	CA          string
	TDS         string
	MARS        bool
	Intent      string
	Instance    string
	PacketSize  int `json:"packet_size"`
	Domain      string
	Token       string
	Fetched     string `json:"fetched_token"`
	NewPassword string `json:"new_password"`
	Reconnect   bool
	Partner     *struct {
		Host string
		Port int
	}
}

type typed struct {
	Name  string
	Type  string
	Value *string
	Out   bool
}

type notOffered string

func (why notOffered) Error() string { return string(why) }

type probe struct {
	driver string
	mutex  sync.Mutex
	out    *bufio.Writer
	queues map[string]chan command

	state    sync.Mutex
	sessions map[string]*session
	pools    map[string]*pool
}

func (p *probe) say(record map[string]any) {
	text, err := json.Marshal(record)
	if err != nil {
		panic(err)
	}
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.out.Write(append(text, '\n'))
	p.out.Flush()
}

func (p *probe) answer(name string, c command) {
	result, err := p.carryOut(name, c)
	var why notOffered
	switch {
	case errors.As(err, &why):
		p.say(map[string]any{"id": c.ID, "not_offered": why.Error()})
	case err != nil:
		p.say(map[string]any{"id": c.ID, "error": describe(err)})
	case result == nil:
		p.say(map[string]any{"id": c.ID, "ok": map[string]any{}})
	default:
		p.say(map[string]any{"id": c.ID, "ok": result})
	}
}

func (p *probe) carryOut(name string, c command) (any, error) {
	switch {
	case c.Op == "open" && c.Pool == true:
		made, err := openPool(p.driver, c)
		if err == nil {
			p.state.Lock()
			p.pools[name] = made
			p.state.Unlock()
		}
		return nil, err
	case c.Op == "open":
		made, err := openSession(c)
		return nil, p.keep(name, made, err)
	case c.Op == "acquire":
		p.state.Lock()
		from := p.pools[c.Pool.(string)]
		p.state.Unlock()
		made, err := from.acquire()
		return nil, p.keep(name, made, err)
	}
	p.state.Lock()
	made, from := p.sessions[name], p.pools[name]
	if c.Op == "close" || c.Op == "release" {
		delete(p.sessions, name)
		delete(p.pools, name)
	}
	p.state.Unlock()
	if from != nil && c.Op == "close" {
		return nil, from.db.Close()
	}
	if made == nil {
		return nil, errors.New("no such connection")
	}
	return made.carryOut(c)
}

func (p *probe) keep(name string, made *session, err error) error {
	if err != nil {
		return err
	}
	p.state.Lock()
	defer p.state.Unlock()
	p.sessions[name] = made
	return nil
}

// Commands on one connection are carried out in order, on a goroutine of its own; cancel overtakes them.
func (p *probe) take(c command) {
	name := c.On
	if c.Op == "open" || c.Op == "acquire" {
		name = c.As
	}
	if c.Op == "cancel" {
		go p.answer(name, c)
		return
	}
	queue := p.queues[name]
	if queue == nil {
		queue = make(chan command, 100)
		p.queues[name] = queue
		go func() {
			for one := range queue {
				p.answer(name, one)
			}
		}()
	}
	queue <- c
}

func main() {
	p := &probe{
		driver: os.Args[1], out: bufio.NewWriter(os.Stdout), queues: map[string]chan command{},
		sessions: map[string]*session{}, pools: map[string]*pool{},
	}
	p.say(map[string]any{"event": "loaded"})
	input := bufio.NewScanner(os.Stdin)
	input.Buffer(make([]byte, 1<<20), 1<<24)
	for input.Scan() {
		var c command
		if err := json.Unmarshal(input.Bytes(), &c); err != nil {
			panic(err)
		}
		p.take(c)
	}
}

var background = context.Background()
