/* Once on an upstream, by the gate's own connection. Nobody but the role that the gate logs in as may look in. */
begin
	perform pg_catalog.set_config('client_min_messages', 'warning', true);
	-- IF NOT EXISTS would demand CREATE on the database of a role whose schema is there already.
	if pg_catalog.to_regnamespace('pawl_trash') is null then
		create schema pawl_trash;
	end if;
	revoke all on schema pawl_trash from public;
	comment on schema pawl_trash is 'pawl: what was dropped, emptied or changed through the gate, until it expires; `pawl undo` brings it back';
	create table if not exists pawl_trash.items (
		item text primary key,
		at timestamptz not null default clock_timestamp(),
		expires timestamptz not null,
		statement text not null,
		role name not null default current_user,
		undone timestamptz
	);
	-- Undone from the last to the first.
	create table if not exists pawl_trash.steps (
		item text not null references pawl_trash.items on delete cascade,
		n int not null,
		object text not null,
		undo text[] not null,
		primary key (item, n)
	);
	-- Rows that went from a relation and rows that came in their place.
	create table if not exists pawl_trash.captures (
		item text not null references pawl_trash.items on delete cascade,
		relation oid not null,
		name text not null,
		gone text not null,
		come text,
		primary key (item, relation)
	);
	-- Of a dump of the whole relation: the transaction whose rows come in place of those. Of rows that were caught themselves: null.
	alter table pawl_trash.captures add column if not exists wrote text;
	-- The columns of a relation that lost one, in order.
	create table if not exists pawl_trash.orders (
		item text not null references pawl_trash.items on delete cascade,
		relation oid not null,
		columns name[] not null,
		primary key (item, relation)
	);
	-- What lies in the trash for an item and goes when it expires: "table", "schema", "routine", "type", "sequence".
	create table if not exists pawl_trash.holds (
		item text not null references pawl_trash.items on delete cascade,
		kind text not null,
		class oid not null,
		object oid not null,
		primary key (item, class, object)
	);
end
