// A session's readings as a table for a spreadsheet (RFC 4180). Units are in the column names, as on the API.

const COLUMNS = ["at", "energyWh", "powerW", "meterWh"];

export const csv = (values) => [COLUMNS, ...values.map((it) => COLUMNS.map((name) => it[name] ?? ""))].map((row) => row.join(",")).join("\r\n") + "\r\n";
