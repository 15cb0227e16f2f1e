//! Values: what tiberius gives as JSON, and what a case gives as parameters.

use serde_json::{json, Value};
use std::borrow::Cow;
use tiberius::numeric::Numeric;
use tiberius::{ColumnData, ToSql};

/// tiberius gives dates as days and fractions of a second, unless a date library is asked to make more of them.
pub fn to_json(data: ColumnData<'static>) -> Value {
    match data {
        ColumnData::U8(v) => json!(v),
        ColumnData::I16(v) => json!(v),
        ColumnData::I32(v) => json!(v),
        ColumnData::I64(v) => json!(v.map(|v| v.to_string())),
        ColumnData::F32(v) => json!(v),
        ColumnData::F64(v) => json!(v),
        ColumnData::Bit(v) => json!(v),
        ColumnData::String(v) => json!(v),
        ColumnData::Guid(v) => json!(v.map(|v| v.to_string())),
        ColumnData::Binary(v) => json!(v.map(|v| v.iter().fold("0x".to_owned(), |out, b| out + &format!("{b:02x}")))),
        ColumnData::Numeric(v) => json!(v.map(decimal)),
        ColumnData::Xml(v) => json!(v.map(|v| v.as_ref().to_string())),
        ColumnData::DateTime(v) => json!(v.map(|v| {
            // Thirds of a hundredth, to the millisecond as SQL Server shows them.
            let ms = (u64::from(v.seconds_fragments()) * 10 + 1) / 3;
            format!("{} {}", date(i64::from(v.days()) + DAYS_TO_1900), time(ms, 3))
        })),
        ColumnData::SmallDateTime(v) => json!(v.map(|v| {
            format!("{} {}", date(i64::from(v.days()) + DAYS_TO_1900), time(u64::from(v.seconds_fragments()) * 60, 0))
        })),
        ColumnData::Time(v) => json!(v.map(|v| time(v.increments(), v.scale()))),
        ColumnData::Date(v) => json!(v.map(|v| date(i64::from(v.days())))),
        ColumnData::DateTime2(v) => json!(v.map(|v| {
            format!("{} {}", date(i64::from(v.date().days())), time(v.time().increments(), v.time().scale()))
        })),
        ColumnData::DateTimeOffset(v) => json!(v.map(|v| {
            // On the wire it is UTC; the value is what a clock over there shows.
            let at = v.datetime2();
            let (offset, scale) = (i64::from(v.offset()), at.time().scale());
            let unit = 10_i64.pow(u32::from(scale));
            let local = at.time().increments() as i64 + offset * 60 * unit;
            let day = 86_400 * unit;
            let (days, part) = (i64::from(at.date().days()) + local.div_euclid(day), local.rem_euclid(day));
            let sign = if offset < 0 { '-' } else { '+' };
            let zone = format!("{sign}{:02}:{:02}", offset.abs() / 60, offset.abs() % 60);
            format!("{} {} {zone}", date(days), time(part as u64, scale))
        })),
    }
}

const DAYS_TO_1900: i64 = 693_595;

/// From days since 0001-01-01.
fn date(days: i64) -> String {
    // Eras of 400 years that begin on the 1st of March.
    let z = days + 306;
    let (era, day) = (z.div_euclid(146_097), z.rem_euclid(146_097));
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let in_year = day - (365 * year + year / 4 - year / 100);
    let shifted = (5 * in_year + 2) / 153;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year + era * 400 + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{:02}", in_year - (153 * shifted + 2) / 5 + 1)
}

/// From units of 10^-scale seconds since midnight.
fn time(units: u64, scale: u8) -> String {
    let unit = 10_u64.pow(u32::from(scale));
    let (seconds, part) = (units / unit, units % unit);
    let clock = format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
    if scale == 0 {
        clock
    } else {
        format!("{clock}.{part:0width$}", width = usize::from(scale))
    }
}

fn decimal(value: Numeric) -> String {
    let digits = format!("{:0width$}", value.value().unsigned_abs(), width = usize::from(value.scale()) + 1);
    let (whole, part) = digits.split_at(digits.len() - usize::from(value.scale()));
    let sign = if value.value() < 0 { "-" } else { "" };
    if part.is_empty() {
        format!("{sign}{whole}")
    } else {
        format!("{sign}{whole}.{part}")
    }
}

/// A parameter of a case, as a Rust program would pass it.
pub struct Parameter(ColumnData<'static>);

impl ToSql for Parameter {
    fn to_sql(&self) -> ColumnData<'_> {
        self.0.clone()
    }
}

impl Parameter {
    pub fn into_data(self) -> ColumnData<'static> {
        self.0
    }
}

pub fn parameter(kind: &Value, value: &Value) -> Parameter {
    let text = value.as_str().map(str::to_owned);
    Parameter(match kind.as_str().unwrap_or_default() {
        "int" => ColumnData::I32(text.and_then(|t| t.parse().ok())),
        "bigint" => ColumnData::I64(text.and_then(|t| t.parse().ok())),
        "float" => ColumnData::F64(text.and_then(|t| t.parse().ok())),
        "bit" => ColumnData::Bit(text.map(|t| t == "1")),
        "varbinary" => ColumnData::Binary(text.map(|t| Cow::Owned(bytes(&t)))),
        "decimal" => ColumnData::Numeric(text.map(|t| {
            let scale = t.split_once('.').map_or(0, |(_, part)| part.len()) as u8;
            Numeric::new_with_scale(t.replace('.', "").parse().unwrap_or_default(), scale)
        })),
        _ => ColumnData::String(text.map(Cow::Owned)),
    })
}

fn bytes(text: &str) -> Vec<u8> {
    let digits = text.trim_start_matches("0x");
    (0..digits.len() / 2).filter_map(|i| u8::from_str_radix(&digits[2 * i..2 * i + 2], 16).ok()).collect()
}
