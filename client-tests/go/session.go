package main

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/golang-sql/sqlexp"
	mssql "github.com/microsoft/go-mssqldb"
	"github.com/microsoft/go-mssqldb/msdsn"
)

// pool is database/sql's own, of one connection.
type pool struct {
	db *sql.DB
}

// session is one connection of a pool, kept for itself.
type session struct {
	db       *sql.DB
	conn     *sql.Conn
	owner    bool // the pool goes with it
	tx       *sql.Tx
	prepared map[string]*sql.Stmt
	types    map[string][]string

	mutex  sync.Mutex
	cancel context.CancelFunc
}

func address(c command) (string, error) {
	if c.TDS != "" {
		return "", notOffered("no choice of version")
	}
	if c.MARS {
		return "", notOffered("no MARS")
	}
	encrypt := map[string]string{"off": "disable", "login": "false", "on": "true", "strict": "strict"}[c.Encrypt]
	values := url.Values{"database": {c.Database}, "encrypt": {encrypt}, "dial timeout": {"5"}, "connection timeout": {"0"}}
	if c.Timeout != nil {
		values.Set("dial timeout", strconv.Itoa(int(*c.Timeout)))
		values.Set("connection timeout", strconv.Itoa(int(*c.Timeout)))
	}
	if c.Trust == nil || *c.Trust {
		values.Set("trustservercertificate", "true")
	} else if c.CA != "" {
		values.Set("trustservercertificate", "false")
		values.Set("certificate", c.CA)
	}
	if c.Encrypt == "strict" {
		values.Set("trustservercertificate", "false")
		values.Set("certificate", c.CA)
	}
	if c.Intent == "read-only" {
		values.Set("ApplicationIntent", "ReadOnly")
	}
	if c.PacketSize != 0 {
		values.Set("packet size", strconv.Itoa(c.PacketSize))
	}
	if c.Reconnect {
		return "", notOffered("no session recovery")
	}
	if c.NewPassword != "" {
		values.Set("change password", c.NewPassword)
	}
	if c.Partner != nil {
		values.Set("failoverpartner", c.Partner.Host)
		values.Set("failoverport", strconv.Itoa(c.Partner.Port))
	}
	user := url.UserPassword(c.User, c.Password)
	if c.Domain != "" { // NTLM
		user = url.UserPassword(c.Domain+"\\"+c.User, c.Password)
	} else if c.Token != "" || c.Fetched != "" {
		user = nil
	}
	made := url.URL{Scheme: "sqlserver", User: user, Host: c.Host, RawQuery: values.Encode()}
	if c.Instance != "" {
		made.Path = c.Instance
	} else if c.Port != nil {
		made.Host = fmt.Sprintf("%s:%d", c.Host, *c.Port)
	}
	return made.String(), nil
}

func openPool(driver string, c command) (*pool, error) {
	if driver != "database-sql" {
		return nil, notOffered("it has no pool of its own")
	}
	text, err := address(c)
	if err != nil {
		return nil, err
	}
	return &pool{db: open(text, c)}, nil
}

func open(text string, c command) *sql.DB {
	if c.Token != "" {
		connector, err := mssql.NewAccessTokenConnector(text, func() (string, error) { return c.Token, nil })
		if err != nil {
			panic(err)
		}
		db := sql.OpenDB(connector)
		db.SetMaxOpenConns(1)
		return db
	}
	configuration, err := msdsn.Parse(text)
	if err != nil {
		panic(err)
	}
	connector := mssql.NewConnectorConfig(configuration)
	if c.Fetched != "" {
		connector, err = mssql.NewActiveDirectoryTokenConnector(configuration, mssql.FedAuthADALWorkflowPassword,
			func(context.Context, string, string) (string, error) { return c.Fetched, nil })
		if err != nil {
			panic(err)
		}
	}
	db := sql.OpenDB(connector)
	db.SetMaxOpenConns(1)
	return db
}

func openSession(c command) (*session, error) {
	text, err := address(c)
	if err != nil {
		return nil, err
	}
	db := open(text, c)
	conn, err := db.Conn(background)
	if err != nil {
		db.Close()
		return nil, err
	}
	return newSession(db, conn, true), nil
}

func newSession(db *sql.DB, conn *sql.Conn, owner bool) *session {
	return &session{db: db, conn: conn, owner: owner, prepared: map[string]*sql.Stmt{}, types: map[string][]string{}}
}

func (p *pool) acquire() (*session, error) {
	conn, err := p.db.Conn(background)
	if err != nil {
		return nil, err
	}
	return newSession(p.db, conn, false), nil
}

func (s *session) carryOut(c command) (any, error) {
	switch c.Op {
	case "query":
		return s.query(c)
	case "call":
		return s.call(c)
	case "prepare":
		statement, err := s.conn.PrepareContext(background, marked(c.SQL))
		if err == nil {
			s.prepared[c.As], s.types[c.As] = statement, c.Types
		}
		return nil, err
	case "execute":
		return s.execute(c)
	case "unprepare":
		return nil, s.prepared[c.Statement].Close()
	case "begin":
		tx, err := s.conn.BeginTx(background, nil)
		s.tx = tx
		return nil, err
	case "commit":
		tx := s.tx
		s.tx = nil
		return nil, tx.Commit()
	case "rollback":
		tx := s.tx
		s.tx = nil
		return nil, tx.Rollback()
	case "cancel":
		s.mutex.Lock()
		defer s.mutex.Unlock()
		s.cancel()
		return nil, nil
	case "bulk":
		return nil, s.bulk(c)
	case "close", "release":
		err := s.conn.Close()
		if s.owner {
			s.db.Close()
		}
		return nil, err
	}
	return nil, notOffered("no " + c.Op + " in its API")
}

// marked has @p1, @p2 … where the case has question marks.
func marked(text string) string {
	var out strings.Builder
	number := 0
	for _, one := range text {
		if one == '?' {
			number++
			fmt.Fprintf(&out, "@p%d", number)
		} else {
			out.WriteRune(one)
		}
	}
	return out.String()
}

// limited is the context of one request: with its timeout, and to be cancelled.
func (s *session) limited(c command) (context.Context, context.CancelFunc) {
	// The message loop of a connection that has died waits for ever: an application gives every request an end.
	ctx, cancel := context.WithTimeout(background, 5*time.Second)
	if c.Timeout != nil {
		ctx, cancel = context.WithTimeout(background, time.Duration(*c.Timeout*float64(time.Second)))
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.cancel = cancel
	return ctx, cancel
}

func (s *session) ask(ctx context.Context, text string, arguments []any) (*sql.Rows, error) {
	if s.tx != nil {
		return s.tx.QueryContext(ctx, text, arguments...)
	}
	return s.conn.QueryContext(ctx, text, arguments...)
}

func (s *session) query(c command) (any, error) {
	ctx, cancel := s.limited(c)
	defer cancel()
	arguments, err := native(c.Params)
	if err != nil {
		return nil, err
	}
	if c.Params == nil {
		return s.messages(ctx, c)
	}
	rows, err := s.ask(ctx, marked(c.SQL), arguments)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	found, err := table(rows)
	return map[string]any{"results": []any{found}, "messages": []any{}}, err
}

// messages runs a batch through the message loop of sqlexp: rows, counts, PRINT and errors, in their order.
func (s *session) messages(ctx context.Context, c command) (any, error) {
	queue := &sqlexp.ReturnMessage{}
	rows, err := s.ask(ctx, c.SQL, []any{queue})
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	results, told := []any{}, []any{}
	var failure error
	for active := true; active; {
		switch message := queue.Message(ctx).(type) {
		case sqlexp.MsgNotice:
			told = append(told, notice(message))
		case sqlexp.MsgError:
			if failure == nil {
				failure = message.Error
			}
		case sqlexp.MsgRowsAffected:
			results = append(results, map[string]any{"affected": message.Count})
		case sqlexp.MsgNextResultSet:
			active = rows.NextResultSet()
			if err := rows.Err(); err != nil && failure == nil {
				failure = err
			}
		case sqlexp.MsgNext:
			found, err := table(rows)
			results = append(results, found)
			if err != nil && failure == nil {
				failure = err
			}
		}
	}
	return map[string]any{"results": shown(results), "messages": told}, failure
}

// A result with rows is also told as a row count; only the counts of statements without rows are the case's.
func shown(results []any) []any {
	out := []any{}
	for _, one := range results {
		_, counted := one.(map[string]any)["affected"]
		if counted && len(out) > 0 {
			if _, rows := out[len(out)-1].(map[string]any)["rows"]; rows {
				continue
			}
		}
		out = append(out, one)
	}
	return out
}

func (s *session) execute(c command) (any, error) {
	params := []typed{}
	for i, value := range c.Values {
		params = append(params, typed{Type: s.types[c.Statement][i], Value: value})
	}
	arguments, err := native(params)
	if err != nil {
		return nil, err
	}
	rows, err := s.prepared[c.Statement].QueryContext(background, arguments...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	found, err := table(rows)
	return map[string]any{"results": []any{found}}, err
}
