/* In the client's transaction, before what it will destroy is dumped by the gate's own connection: nobody writes to it any more, and the
 * transaction itself has not. @LOCKS@ tables.
 */
begin
	if pg_catalog.pg_current_xact_id_if_assigned() is not null then
		raise exception 'pawl: this is too much to be kept in a transaction that changed something before'
			using errcode = 'PW004', hint = 'Send it in a transaction of its own.';
	end if;
	lock table @LOCKS@ in share row exclusive mode;
	-- While it is dumped nothing else happens here.
	perform pg_catalog.set_config('idle_in_transaction_session_timeout', '0', true);
end
