//! One connection.

use crate::values::{parameter, to_json, Parameter};
use serde_json::{json, Map, Value};
use std::time::Duration;
use tiberius::error::Error;
use tiberius::{AuthMethod, Client, Config, EncryptionLevel, SqlBrowser, ToSql, TokenRow};
use tokio::net::TcpStream;
use tokio_util::compat::{Compat, TokioAsyncWriteCompatExt};

pub enum Failure {
    NotOffered(String),
    Driver(Error),
    Plain(String),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Failure::Driver(error)
    }
}

impl Failure {
    pub fn describe(&self) -> Value {
        match self {
            Failure::Driver(Error::Server(told)) => json!({
                "type": "Server", "number": told.code(), "state": told.state(), "class": told.class(), "text": told.message(),
            }),
            Failure::Driver(error) => {
                let kind = format!("{error:?}");
                let kind = kind.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
                json!({"type": kind, "number": null, "state": null, "class": null, "text": error.to_string()})
            }
            Failure::NotOffered(text) | Failure::Plain(text) => {
                json!({"type": "probe", "number": null, "state": null, "class": null, "text": text})
            }
        }
    }
}

fn not_offered<T>(why: &str) -> Result<T, Failure> {
    Err(Failure::NotOffered(why.into()))
}

fn configuration(options: &Value) -> Result<Config, Failure> {
    if !options["tds"].is_null() {
        return not_offered("no choice of version");
    }
    if options["mars"] == true {
        return not_offered("no MARS");
    }
    if options["pool"] == true {
        return not_offered("it has no pool");
    }
    let text = |name: &str| options[name].as_str().unwrap_or_default();
    let mut config = Config::new();
    config.host(text("host"));
    if let Some(port) = options["port"].as_u64() {
        config.port(port as u16);
    }
    if !options["instance"].is_null() {
        config.instance_name(text("instance"));
    }
    config.database(text("database"));
    for (option, why) in [
        ("domain", "integrated logins need Windows, or Kerberos"),
        ("new_password", "no change of passwords"),
        ("partner", "no failover partner"),
        ("packet_size", "no packet size"),
        ("reconnect", "no session recovery"),
    ] {
        if !options[option].is_null() {
            return not_offered(why);
        }
    }
    config.authentication(match options["token"].as_str() {
        Some(token) => AuthMethod::aad_token(token),
        None => AuthMethod::sql_server(text("user"), text("password")),
    });
    config.readonly(text("intent") == "read-only");
    config.encryption(match text("encrypt") {
        "off" => EncryptionLevel::NotSupported,
        "login" => EncryptionLevel::Off,
        "on" => EncryptionLevel::Required,
        _ => return not_offered("no TDS 8.0"),
    });
    if options["trust"] != false {
        config.trust_cert();
    } else if !options["ca"].is_null() {
        config.trust_cert_ca(text("ca"));
    }
    Ok(config)
}

/// As its documentation says: the application connects, and connects again when the server routes it elsewhere.
async fn connect(mut config: Config, named: bool) -> Result<Client<Compat<TcpStream>>, Failure> {
    let io = |error: std::io::Error| Failure::Driver(error.into());
    loop {
        let socket = if named {
            TcpStream::connect_named(&config).await?
        } else {
            TcpStream::connect(config.get_addr()).await.map_err(io)?
        };
        socket.set_nodelay(true).map_err(io)?;
        match Client::connect(config.clone(), socket.compat_write()).await {
            Err(Error::Routing { host, port }) => {
                config.host(host);
                config.port(port);
            }
            other => return Ok(other?),
        }
    }
}

pub struct Session {
    client: Client<Compat<TcpStream>>,
}

impl Session {
    pub async fn open(options: &Value) -> Result<Session, Failure> {
        let config = configuration(options)?;
        let limit = Duration::from_secs(options["timeout"].as_u64().unwrap_or(15));
        match tokio::time::timeout(limit, connect(config, !options["instance"].is_null())).await {
            Ok(client) => Ok(Session { client: client? }),
            Err(_) => Err(Failure::Plain("the application's own timeout".into())),
        }
    }

    pub async fn close(self) -> Result<Value, Failure> {
        Ok(self.client.close().await.map(|()| json!({}))?)
    }

    pub async fn carry_out(&mut self, command: &Value) -> Result<Value, Failure> {
        match command["op"].as_str().unwrap_or_default() {
            "query" => self.query(command).await,
            "bulk" => self.bulk(command).await,
            other => not_offered(&format!("no {other} in its API")),
        }
    }

    async fn query(&mut self, command: &Value) -> Result<Value, Failure> {
        if !command["timeout"].is_null() {
            return not_offered("no timeouts");
        }
        let sql = command["sql"].as_str().unwrap_or_default();
        let params: Vec<Parameter> =
            command["params"].as_array().into_iter().flatten().map(|one| parameter(&one["type"], &one["value"])).collect();
        let places: Vec<&dyn ToSql> = params.iter().map(|one| one as &dyn ToSql).collect();
        let first = sql.split_whitespace().next().unwrap_or_default().to_uppercase();
        if matches!(first.as_str(), "UPDATE" | "INSERT" | "DELETE") {
            let counts = self.client.execute(marked(sql), &places).await?;
            let results: Vec<Value> = counts.rows_affected().iter().map(|count| json!({"affected": count})).collect();
            return Ok(json!({"results": results, "messages": []}));
        }
        let stream = if params.is_empty() {
            self.client.simple_query(sql).await?
        } else {
            self.client.query(marked(sql), &places).await?
        };
        let mut results = Vec::new();
        for rows in stream.into_results().await? {
            let columns: Vec<String> =
                rows.first().map(|row| row.columns().iter().map(|c| c.name().to_owned()).collect()).unwrap_or_default();
            let rows: Vec<Value> = rows.into_iter().map(|row| row.into_iter().map(to_json).collect()).collect();
            let mut table = Map::new();
            table.insert("columns".into(), json!(columns));
            table.insert("rows".into(), Value::Array(rows));
            results.push(Value::Object(table));
        }
        Ok(json!({"results": results, "messages": []}))
    }

    async fn bulk(&mut self, command: &Value) -> Result<Value, Failure> {
        let table = command["table"].as_str().unwrap_or_default().to_owned();
        let mut load = self.client.bulk_insert(&table).await?;
        for line in command["rows"].as_array().into_iter().flatten() {
            let mut row = TokenRow::new();
            for (value, column) in line.as_array().into_iter().flatten().zip(command["columns"].as_array().into_iter().flatten()) {
                row.push(parameter(&column["type"], value).into_data());
            }
            load.send(row).await?;
        }
        load.finalize().await?;
        Ok(json!({}))
    }
}

/// @P1, @P2 … where the case has question marks.
fn marked(sql: &str) -> String {
    let mut number = 0;
    let mut out = String::new();
    for one in sql.chars() {
        if one == '?' {
            number += 1;
            out += &format!("@P{number}");
        } else {
            out.push(one);
        }
    }
    out
}
