package main

import (
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/golang-sql/sqlexp"
	mssql "github.com/microsoft/go-mssqldb"
)

// table is a result as the driver gives it: names, and rows of JSON values.
func table(rows *sql.Rows) (map[string]any, error) {
	columns, err := rows.ColumnTypes()
	if err != nil {
		return nil, err
	}
	names := []string{}
	for _, one := range columns {
		names = append(names, one.Name())
	}
	lines := [][]any{}
	for rows.Next() {
		values := make([]any, len(columns))
		places := make([]any, len(columns))
		for i := range values {
			places[i] = &values[i]
		}
		if err := rows.Scan(places...); err != nil {
			return nil, err
		}
		for i := range values {
			values[i] = toJSON(values[i], columns[i].DatabaseTypeName())
		}
		lines = append(lines, values)
	}
	return map[string]any{"columns": names, "rows": lines}, rows.Err()
}

func toJSON(value any, kind string) any {
	switch one := value.(type) {
	case []byte:
		switch kind {
		case "DECIMAL", "NUMERIC", "MONEY", "SMALLMONEY":
			return string(one)
		case "UNIQUEIDENTIFIER":
			var id mssql.UniqueIdentifier
			if id.Scan(one) == nil {
				return id.String()
			}
		}
		return "0x" + hex.EncodeToString(one)
	case int64:
		return strconv.FormatInt(one, 10)
	case time.Time:
		switch kind {
		case "DATE":
			return one.Format("2006-01-02")
		case "TIME":
			return one.Format("15:04:05.9999999")
		case "DATETIMEOFFSET":
			return one.Format("2006-01-02 15:04:05.9999999 -07:00")
		}
		return one.Format("2006-01-02 15:04:05.9999999")
	}
	return value
}

func native(params []typed) ([]any, error) {
	out := []any{}
	for _, one := range params {
		value, err := nativeOne(one)
		if err != nil {
			return nil, err
		}
		out = append(out, value)
	}
	return out, nil
}

func nativeOne(one typed) (any, error) {
	if one.Value == nil {
		if one.Type == "nvarchar" {
			return sql.NullString{}, nil
		}
		return nil, nil
	}
	text := *one.Value
	switch one.Type {
	case "int", "bigint":
		return strconv.ParseInt(text, 10, 64)
	case "float":
		return strconv.ParseFloat(text, 64)
	case "bit":
		return text == "1", nil
	case "varbinary":
		return hex.DecodeString(strings.TrimPrefix(text, "0x"))
	case "date":
		return time.Parse("2006-01-02", text)
	case "datetime2":
		return time.Parse("2006-01-02 15:04:05.9999999", text)
	}
	return text, nil
}

// call runs a procedure by its name: the driver makes an RPC of a query that is a name alone.
func (s *session) call(c command) (any, error) {
	arguments := []any{}
	numbers, texts := map[string]*int64{}, map[string]*string{}
	for _, one := range c.Params {
		value, err := nativeOne(one)
		if err != nil {
			return nil, err
		}
		switch {
		case !one.Out:
			arguments = append(arguments, sql.Named(one.Name, value))
		case one.Type == "int":
			numbers[one.Name] = new(int64)
			arguments = append(arguments, sql.Named(one.Name, sql.Out{Dest: numbers[one.Name]}))
		default:
			texts[one.Name] = new(string)
			arguments = append(arguments, sql.Named(one.Name, sql.Out{Dest: texts[one.Name]}))
		}
	}
	var status mssql.ReturnStatus
	arguments = append(arguments, &status)
	if _, err := s.conn.ExecContext(background, c.Procedure, arguments...); err != nil {
		return nil, err
	}
	outputs := map[string]any{}
	for name, value := range numbers {
		outputs[name] = *value
	}
	for name, value := range texts {
		outputs[name] = *value
	}
	return map[string]any{"results": []any{}, "outputs": outputs, "return": int(status)}, nil
}

func (s *session) bulk(c command) error {
	names := []string{}
	for _, one := range c.Columns {
		names = append(names, one.Name)
	}
	statement, err := s.conn.PrepareContext(background, mssql.CopyIn(c.Table, mssql.BulkOptions{}, names...))
	if err != nil {
		return err
	}
	defer statement.Close()
	for _, line := range c.Rows {
		params := []typed{}
		for i, value := range line {
			params = append(params, typed{Type: c.Columns[i].Type, Value: value})
		}
		values, err := native(params)
		if err != nil {
			return err
		}
		if _, err := statement.Exec(values...); err != nil {
			return err
		}
	}
	_, err = statement.Exec()
	return err
}

func notice(message sqlexp.MsgNotice) map[string]any {
	if told, ok := message.Message.(mssql.Error); ok {
		return map[string]any{"number": told.Number, "state": told.State, "class": told.Class, "text": told.Message}
	}
	return map[string]any{"text": fmt.Sprint(message.Message)}
}

func describe(err error) map[string]any {
	record := map[string]any{"type": fmt.Sprintf("%T", err), "number": nil, "state": nil, "class": nil, "text": err.Error()}
	var told mssql.Error
	if errors.As(err, &told) {
		record["number"], record["state"], record["class"] = told.Number, told.State, told.Class
	}
	return record
}
