-- What psql can do, run through the gate and beside it. A line `-- @ name` begins a psql of its own.
-- @ setup
create schema s;
create table s.t(id int primary key, a text not null default 'x', b numeric(10,2), c timestamptz) ;
create table p(id int generated always as identity primary key, t int references s.t on delete cascade,
 g int generated always as (1) stored);
comment on table p is 'words'; create index pi on p(t) where t > 1; create view v as select * from p;
create materialized view m as select 1 as one;
create sequence q; create type e as enum ('a','b'); create domain dm as int check (value > 0);
create type ct as (a int, b text);
create function f(a int, b text default 'x') returns int language sql as 'select a';
create procedure pr() language sql as 'select 1';
create aggregate ag(int) (sfunc = int4pl, stype = int);
create trigger tr after insert on p for each statement execute function suppress_redundant_updates_trigger();
create rule r as on insert to m2 do instead nothing;
create table part(a int) partition by range (a);
create table part1 partition of part for values from (0) to (10);
create publication pub for table p; create statistics st on id, t from p; create policy po on p using (true);
create role reader; grant select on p to reader;
alter default privileges in schema s grant select on tables to reader;
create extension if not exists hstore; create foreign data wrapper fw;
create server sv foreign data wrapper fw; create foreign table ft(a int) server sv;
create text search configuration tsc (copy = english); create collation co (locale = 'C');
create cast (ct as text) with inout; create operator === (function = int4eq, leftarg = int, rightarg = int);
create event trigger evt on ddl_command_start when tag in ('CREATE CAST')
 execute function suppress_redundant_updates_trigger();
insert into s.t select g, 'a' || g, g / 3.0, '2026-01-01' from generate_series(1, 20) g;
insert into p(t) select g from generate_series(1, 10) g;
-- @ describe
\d
\d p
\d+ p
\d s.t
\d+ v
\d m
\d q
\d pi
\d+ part
\dt
\dt+
\dt s.*
\dv
\dv+
\dm
\di+
\ds
\dE
\dT
\dT+
\dD
\dD+
\df
\df+ f
\dfa
\dfp
\da
\dn
\dn+
\do ===
\dO
\dC+ ct
\dc conv
\dx
\dx+ hstore
\dL
\dl
\dp
\ddp
\z p
\dRp+
\dRs
\drds
\dew
\des+
\det
\deu
\dF
\dF+ tsc
\dFd english
\dFp
\dFt
\dX
\dP
\dP+
\dPi
\dy
\dA
\dAc
\dAf btree
\dAo btree
\dAp btree
\db
\dd
\dg reader
\du reader
\dconfig work_mem
\l
\l+ template0
\sf f
\sf+ f
\sv v
\sv+ v
\d nosuch
\dt nosuch
\d information_schema.tables
\dS pg_class
\dU
-- @ functions
\setenv EDITOR /bin/true
\setenv PSQL_EDITOR /bin/true
\ef f
\p
\r
\ev v
\r
-- @ commands
select 1 as x, 'two' as y \gset pre_
\echo :pre_x :pre_y
select 'create table ge' || g || '(a int)' from generate_series(1,3) g \gexec
\dt ge*
select 'drop table ge' || g from generate_series(1,3) g \gexec
select 1 as a, 2 as b \gx
select 1, 'x', now()::date, null::numeric(5,2), '{}'::int[] \gdesc
\bind
\getenv out PAWL_OUT
select generate_series(1,3) \g :out
\! cat "$PAWL_OUT"
select 1 \g | cat -n
select r, c, v from (values ('a','x',1),('a','y',2),('b','x',3)) t(r,c,v) \crosstabview
select 1/0 \watch
\if true
select 'yes';
\elif false
select 'no';
\else
select 'never';
\endif
select 1\; select 2\; insert into p(t) values (11) returning t\; select count(*) from p;
select 1/0;
\echo :SQLSTATE :ERROR :ROW_COUNT :LAST_ERROR_MESSAGE
select 1 as one;
\echo :SQLSTATE :ERROR :ROW_COUNT
\errverbose
\encoding
\encoding LATIN1
\encoding
select 'ä';
\encoding UTF8
select E'\u00e4';
\set FETCH_COUNT 3
select g, repeat('x', g) from generate_series(1, 10) g;
select * from nosuch;
insert into p(t) values (12) returning t;
update p set t = 13 where t = 12 returning t;
select 1/(g-5) from generate_series(1,10) g;
\unset FETCH_COUNT
\set ON_ERROR_ROLLBACK on
begin;
insert into p(t) values (14);
select 1/0;
insert into p(t) values (15);
savepoint mine;
select broken from;
rollback to mine;
commit;
select t from p where t > 13 order by 1;
\set ON_ERROR_ROLLBACK off
\set AUTOCOMMIT off
insert into p(t) values (16);
\echo :AUTOCOMMIT
rollback;
select count(*) from p where t = 16;
insert into p(t) values (17);
commit;
select count(*) from p where t = 17;
vacuum p;
rollback;
\set AUTOCOMMIT on
vacuum p;
analyze p;
\set ECHO_HIDDEN on
\dn
\set ECHO_HIDDEN off
\set SINGLELINE on
select 'single'
\set SINGLELINE off
\timing off
\prompt x
foo
\pset format csv
table s.t limit 2;
\pset format html
table s.t limit 1;
\pset format aligned
\set VERBOSITY verbose
select 1/0;
\set VERBOSITY sqlstate
select 1/0;
\set VERBOSITY default
\set SHOW_CONTEXT always
do $$ begin raise notice 'hello'; end $$;
do $$ begin raise exception 'x' using hint = 'h', detail = 'd', errcode = 'P0099'; end $$;
select pg_notify('c', 'v');
listen c;
notify c, 'there';
unlisten *;
-- @ session
\c
select current_user, session_user, current_database();
\c -
select application_name <> '' from pg_stat_activity where pid = pg_backend_pid();
set application_name = 'mine'; show application_name;
select application_name from pg_stat_activity where pid = pg_backend_pid();
show server_version_num; show transaction_read_only; show default_transaction_read_only;
begin; show transaction_read_only; commit; begin read only; show transaction_read_only; commit;
set session characteristics as transaction read only; show transaction_read_only;
show default_transaction_read_only; create table ro(a int);
set session characteristics as transaction read write; show default_transaction_read_only;
create table ro(a int); drop table ro;
set default_transaction_read_only = on; show default_transaction_read_only; create table ro(a int);
begin read write; create table ro(a int); rollback; reset default_transaction_read_only;
create table ro(a int); drop table ro;
set default_transaction_isolation = serializable; show transaction_isolation; begin;
show transaction_isolation; show transaction_deferrable; commit;
begin isolation level repeatable read read only deferrable; show transaction_isolation;
show transaction_deferrable; commit; reset all; discard all;
prepare pp(int) as select $1; execute pp(1); deallocate pp; execute pp(1);
prepare ins as insert into p(t) values ($1); execute ins(18); select count(*) from p where t = 18;
select name, statement from pg_prepared_statements where name not like '\_pawl%'; select name from pg_cursors;
declare c cursor with hold for select id from s.t order by 1; fetch 2 from c; move 3 in c; fetch next from c;
close c;
begin; declare c scroll cursor for select id from s.t order by 1; fetch 2 from c; fetch prior from c;
update s.t set a = 'z' where current of c; commit;
create temp table tt(a int) on commit drop; begin; create temp table tt(a int) on commit delete rows;
insert into tt values (1); select count(*) from tt; commit; select count(*) from tt; drop table tt;
select set_config('work_mem', '5MB', false); show work_mem; set local work_mem = '6MB'; begin;
set local work_mem = '6MB'; show work_mem; commit; show work_mem;
explain (costs off) select * from s.t where id = 1; explain (costs off) update s.t set a = 'q' where id = 1;
explain (analyze, costs off, timing off, summary off) update s.t set a = 'q' where id = 1;
explain (analyze, costs off, timing off, summary off) select 1;
lock table p; begin; lock table p in share mode; commit;
begin; prepare transaction 'tx'; rollback prepared 'tx'; commit prepared 'nosuch';
commit; rollback; savepoint x; release x; begin; begin; commit; commit;
start transaction; end; abort; begin work; commit work; rollback and chain; begin; commit and chain;
rollback and no chain;
set names 'latin1'; show client_encoding; set client_encoding to 'utf8'; set time zone 'UTC';
set role reader; select current_user; reset role; set session authorization reader;
reset session authorization;
copy p(t) to stdout; copy (select 1, 'a,b') to stdout csv header; copy nosuch to stdout;
copy s.t(id) from stdin;
100
101
\.
copy s.t(id) from stdin;
100
\.
copy s.t(id) from stdin;
x
\.
copy s.t(id, a) from stdin csv;
200,"a
b"
\.
select 1\; copy s.t(id) from stdin\; select 2;
300
\.
copy s.t(id) to stdout\; copy s.t(id) from stdin;
400
\.
\copy s.t(id) from program 'echo 500'
\copy (select id from s.t order by id desc limit 2) to stdout
\copy s.t(id) to program 'wc -l'
\copy s.t(id) from /nonexistent
select count(*), max(id) from s.t;
\password reader
pw
pw
select rolpassword is not null from pg_authid where rolname = 'reader';
-- @ end
drop owned by reader; drop role reader; drop event trigger evt;
