/* Made by tools/sql-fields from PostgreSQL 15's headers: see there. */
#include "read/sql/sql_fields.h"

#define TEXT(node, field) { SQL_FIELD_TEXT, sizeof(((node *)0)->field), offsetof(node, field) }
#define NODE(node, field) { SQL_FIELD_NODE, sizeof(((node *)0)->field), offsetof(node, field) }
#define PLACE(node, field) { SQL_FIELD_PLACE, sizeof(((node *)0)->field), offsetof(node, field) }
#define PLAIN(node, field) { SQL_FIELD_PLAIN, sizeof(((node *)0)->field), offsetof(node, field) }

static const struct sql_field of_Integer[] = { PLAIN(Integer, ival) };
static const struct sql_field of_Float[] = { TEXT(Float, fval) };
static const struct sql_field of_Boolean[] = { PLAIN(Boolean, boolval) };
static const struct sql_field of_String[] = { TEXT(String, sval) };
static const struct sql_field of_BitString[] = { TEXT(BitString, bsval) };
static const struct sql_field of_Alias[] = { TEXT(Alias, aliasname), NODE(Alias, colnames) };
static const struct sql_field of_RangeVar[] = { TEXT(RangeVar, catalogname), TEXT(RangeVar, schemaname), TEXT(RangeVar, relname),
	PLAIN(RangeVar, inh), PLAIN(RangeVar, relpersistence), NODE(RangeVar, alias), PLACE(RangeVar, location) };
static const struct sql_field of_IntoClause[] = { NODE(IntoClause, rel), NODE(IntoClause, colNames), TEXT(IntoClause, accessMethod),
	NODE(IntoClause, options), PLAIN(IntoClause, onCommit), TEXT(IntoClause, tableSpaceName), NODE(IntoClause, viewQuery),
	PLAIN(IntoClause, skipData) };
static const struct sql_field of_GroupingFunc[] = { NODE(GroupingFunc, args), NODE(GroupingFunc, refs), NODE(GroupingFunc, cols),
	PLAIN(GroupingFunc, agglevelsup), PLACE(GroupingFunc, location) };
static const struct sql_field of_NamedArgExpr[] = { NODE(NamedArgExpr, arg), TEXT(NamedArgExpr, name), PLAIN(NamedArgExpr, argnumber),
	PLACE(NamedArgExpr, location) };
static const struct sql_field of_BoolExpr[] = { PLAIN(BoolExpr, boolop), NODE(BoolExpr, args), PLACE(BoolExpr, location) };
static const struct sql_field of_SubLink[] = { PLAIN(SubLink, subLinkType), PLAIN(SubLink, subLinkId), NODE(SubLink, testexpr),
	NODE(SubLink, operName), NODE(SubLink, subselect), PLACE(SubLink, location) };
static const struct sql_field of_CaseExpr[] = { PLAIN(CaseExpr, casetype), PLAIN(CaseExpr, casecollid), NODE(CaseExpr, arg),
	NODE(CaseExpr, args), NODE(CaseExpr, defresult), PLACE(CaseExpr, location) };
static const struct sql_field of_CaseWhen[] = { NODE(CaseWhen, expr), NODE(CaseWhen, result), PLACE(CaseWhen, location) };
static const struct sql_field of_RowExpr[] = { NODE(RowExpr, args), PLAIN(RowExpr, row_typeid), PLAIN(RowExpr, row_format),
	NODE(RowExpr, colnames), PLACE(RowExpr, location) };
static const struct sql_field of_CoalesceExpr[] = { PLAIN(CoalesceExpr, coalescetype), PLAIN(CoalesceExpr, coalescecollid),
	NODE(CoalesceExpr, args), PLACE(CoalesceExpr, location) };
static const struct sql_field of_MinMaxExpr[] = { PLAIN(MinMaxExpr, minmaxtype), PLAIN(MinMaxExpr, minmaxcollid),
	PLAIN(MinMaxExpr, inputcollid), PLAIN(MinMaxExpr, op), NODE(MinMaxExpr, args), PLACE(MinMaxExpr, location) };
static const struct sql_field of_SQLValueFunction[] = { PLAIN(SQLValueFunction, op), PLAIN(SQLValueFunction, type),
	PLAIN(SQLValueFunction, typmod), PLACE(SQLValueFunction, location) };
static const struct sql_field of_XmlExpr[] = { PLAIN(XmlExpr, op), TEXT(XmlExpr, name), NODE(XmlExpr, named_args),
	NODE(XmlExpr, arg_names), NODE(XmlExpr, args), PLAIN(XmlExpr, xmloption), PLAIN(XmlExpr, type), PLAIN(XmlExpr, typmod),
	PLACE(XmlExpr, location) };
static const struct sql_field of_NullTest[] = { NODE(NullTest, arg), PLAIN(NullTest, nulltesttype), PLAIN(NullTest, argisrow),
	PLACE(NullTest, location) };
static const struct sql_field of_BooleanTest[] = { NODE(BooleanTest, arg), PLAIN(BooleanTest, booltesttype), PLACE(BooleanTest, location) };
static const struct sql_field of_SetToDefault[] = { PLAIN(SetToDefault, typeId), PLAIN(SetToDefault, typeMod),
	PLAIN(SetToDefault, collation), PLACE(SetToDefault, location) };
static const struct sql_field of_CurrentOfExpr[] = { PLAIN(CurrentOfExpr, cvarno), TEXT(CurrentOfExpr, cursor_name),
	PLAIN(CurrentOfExpr, cursor_param) };
static const struct sql_field of_JoinExpr[] = { PLAIN(JoinExpr, jointype), PLAIN(JoinExpr, isNatural), NODE(JoinExpr, larg),
	NODE(JoinExpr, rarg), NODE(JoinExpr, usingClause), NODE(JoinExpr, join_using_alias), NODE(JoinExpr, quals), NODE(JoinExpr, alias),
	PLAIN(JoinExpr, rtindex) };
static const struct sql_field of_TypeName[] = { NODE(TypeName, names), PLAIN(TypeName, typeOid), PLAIN(TypeName, setof),
	PLAIN(TypeName, pct_type), NODE(TypeName, typmods), PLAIN(TypeName, typemod), NODE(TypeName, arrayBounds), PLACE(TypeName, location) };
static const struct sql_field of_ColumnRef[] = { NODE(ColumnRef, fields), PLACE(ColumnRef, location) };
static const struct sql_field of_ParamRef[] = { PLAIN(ParamRef, number), PLACE(ParamRef, location) };
static const struct sql_field of_A_Expr[] = { PLAIN(A_Expr, kind), NODE(A_Expr, name), NODE(A_Expr, lexpr), NODE(A_Expr, rexpr),
	PLACE(A_Expr, location) };
static const struct sql_field of_TypeCast[] = { NODE(TypeCast, arg), NODE(TypeCast, typeName), PLACE(TypeCast, location) };
static const struct sql_field of_CollateClause[] = { NODE(CollateClause, arg), NODE(CollateClause, collname),
	PLACE(CollateClause, location) };
static const struct sql_field of_RoleSpec[] = { PLAIN(RoleSpec, roletype), TEXT(RoleSpec, rolename), PLACE(RoleSpec, location) };
static const struct sql_field of_FuncCall[] = { NODE(FuncCall, funcname), NODE(FuncCall, args), NODE(FuncCall, agg_order),
	NODE(FuncCall, agg_filter), NODE(FuncCall, over), PLAIN(FuncCall, agg_within_group), PLAIN(FuncCall, agg_star),
	PLAIN(FuncCall, agg_distinct), PLAIN(FuncCall, func_variadic), PLAIN(FuncCall, funcformat), PLACE(FuncCall, location) };
static const struct sql_field of_A_Indices[] = { PLAIN(A_Indices, is_slice), NODE(A_Indices, lidx), NODE(A_Indices, uidx) };
static const struct sql_field of_A_Indirection[] = { NODE(A_Indirection, arg), NODE(A_Indirection, indirection) };
static const struct sql_field of_A_ArrayExpr[] = { NODE(A_ArrayExpr, elements), PLACE(A_ArrayExpr, location) };
static const struct sql_field of_ResTarget[] = { TEXT(ResTarget, name), NODE(ResTarget, indirection), NODE(ResTarget, val),
	PLACE(ResTarget, location) };
static const struct sql_field of_MultiAssignRef[] = { NODE(MultiAssignRef, source), PLAIN(MultiAssignRef, colno),
	PLAIN(MultiAssignRef, ncolumns) };
static const struct sql_field of_SortBy[] = { NODE(SortBy, node), PLAIN(SortBy, sortby_dir), PLAIN(SortBy, sortby_nulls),
	NODE(SortBy, useOp), PLACE(SortBy, location) };
static const struct sql_field of_WindowDef[] = { TEXT(WindowDef, name), TEXT(WindowDef, refname), NODE(WindowDef, partitionClause),
	NODE(WindowDef, orderClause), PLAIN(WindowDef, frameOptions), NODE(WindowDef, startOffset), NODE(WindowDef, endOffset),
	PLACE(WindowDef, location) };
static const struct sql_field of_RangeSubselect[] = { PLAIN(RangeSubselect, lateral), NODE(RangeSubselect, subquery),
	NODE(RangeSubselect, alias) };
static const struct sql_field of_RangeFunction[] = { PLAIN(RangeFunction, lateral), PLAIN(RangeFunction, ordinality),
	PLAIN(RangeFunction, is_rowsfrom), NODE(RangeFunction, functions), NODE(RangeFunction, alias), NODE(RangeFunction, coldeflist) };
static const struct sql_field of_RangeTableFunc[] = { PLAIN(RangeTableFunc, lateral), NODE(RangeTableFunc, docexpr),
	NODE(RangeTableFunc, rowexpr), NODE(RangeTableFunc, namespaces), NODE(RangeTableFunc, columns), NODE(RangeTableFunc, alias),
	PLACE(RangeTableFunc, location) };
static const struct sql_field of_RangeTableFuncCol[] = { TEXT(RangeTableFuncCol, colname), NODE(RangeTableFuncCol, typeName),
	PLAIN(RangeTableFuncCol, for_ordinality), PLAIN(RangeTableFuncCol, is_not_null), NODE(RangeTableFuncCol, colexpr),
	NODE(RangeTableFuncCol, coldefexpr), PLACE(RangeTableFuncCol, location) };
static const struct sql_field of_RangeTableSample[] = { NODE(RangeTableSample, relation), NODE(RangeTableSample, method),
	NODE(RangeTableSample, args), NODE(RangeTableSample, repeatable), PLACE(RangeTableSample, location) };
static const struct sql_field of_ColumnDef[] = { TEXT(ColumnDef, colname), NODE(ColumnDef, typeName), TEXT(ColumnDef, compression),
	PLAIN(ColumnDef, inhcount), PLAIN(ColumnDef, is_local), PLAIN(ColumnDef, is_not_null), PLAIN(ColumnDef, is_from_type),
	PLAIN(ColumnDef, storage), NODE(ColumnDef, raw_default), NODE(ColumnDef, cooked_default), PLAIN(ColumnDef, identity),
	NODE(ColumnDef, identitySequence), PLAIN(ColumnDef, generated), NODE(ColumnDef, collClause), PLAIN(ColumnDef, collOid),
	NODE(ColumnDef, constraints), NODE(ColumnDef, fdwoptions), PLACE(ColumnDef, location) };
static const struct sql_field of_TableLikeClause[] = { NODE(TableLikeClause, relation), PLAIN(TableLikeClause, options),
	PLAIN(TableLikeClause, relationOid) };
static const struct sql_field of_IndexElem[] = { TEXT(IndexElem, name), NODE(IndexElem, expr), TEXT(IndexElem, indexcolname),
	NODE(IndexElem, collation), NODE(IndexElem, opclass), NODE(IndexElem, opclassopts), PLAIN(IndexElem, ordering),
	PLAIN(IndexElem, nulls_ordering) };
static const struct sql_field of_DefElem[] = { TEXT(DefElem, defnamespace), TEXT(DefElem, defname), NODE(DefElem, arg),
	PLAIN(DefElem, defaction), PLACE(DefElem, location) };
static const struct sql_field of_LockingClause[] = { NODE(LockingClause, lockedRels), PLAIN(LockingClause, strength),
	PLAIN(LockingClause, waitPolicy) };
static const struct sql_field of_XmlSerialize[] = { PLAIN(XmlSerialize, xmloption), NODE(XmlSerialize, expr),
	NODE(XmlSerialize, typeName), PLACE(XmlSerialize, location) };
static const struct sql_field of_PartitionElem[] = { TEXT(PartitionElem, name), NODE(PartitionElem, expr), NODE(PartitionElem, collation),
	NODE(PartitionElem, opclass), PLACE(PartitionElem, location) };
static const struct sql_field of_PartitionSpec[] = { TEXT(PartitionSpec, strategy), NODE(PartitionSpec, partParams),
	PLACE(PartitionSpec, location) };
static const struct sql_field of_PartitionBoundSpec[] = { PLAIN(PartitionBoundSpec, strategy), PLAIN(PartitionBoundSpec, is_default),
	PLAIN(PartitionBoundSpec, modulus), PLAIN(PartitionBoundSpec, remainder), NODE(PartitionBoundSpec, listdatums),
	NODE(PartitionBoundSpec, lowerdatums), NODE(PartitionBoundSpec, upperdatums), PLACE(PartitionBoundSpec, location) };
static const struct sql_field of_PartitionRangeDatum[] = { PLAIN(PartitionRangeDatum, kind), NODE(PartitionRangeDatum, value),
	PLACE(PartitionRangeDatum, location) };
static const struct sql_field of_PartitionCmd[] = { NODE(PartitionCmd, name), NODE(PartitionCmd, bound), PLAIN(PartitionCmd, concurrent) };
static const struct sql_field of_GroupingSet[] = { PLAIN(GroupingSet, kind), NODE(GroupingSet, content), PLACE(GroupingSet, location) };
static const struct sql_field of_WithClause[] = { NODE(WithClause, ctes), PLAIN(WithClause, recursive), PLACE(WithClause, location) };
static const struct sql_field of_InferClause[] = { NODE(InferClause, indexElems), NODE(InferClause, whereClause),
	TEXT(InferClause, conname), PLACE(InferClause, location) };
static const struct sql_field of_OnConflictClause[] = { PLAIN(OnConflictClause, action), NODE(OnConflictClause, infer),
	NODE(OnConflictClause, targetList), NODE(OnConflictClause, whereClause), PLACE(OnConflictClause, location) };
static const struct sql_field of_CTESearchClause[] = { NODE(CTESearchClause, search_col_list),
	PLAIN(CTESearchClause, search_breadth_first), TEXT(CTESearchClause, search_seq_column), PLACE(CTESearchClause, location) };
static const struct sql_field of_CTECycleClause[] = { NODE(CTECycleClause, cycle_col_list), TEXT(CTECycleClause, cycle_mark_column),
	NODE(CTECycleClause, cycle_mark_value), NODE(CTECycleClause, cycle_mark_default), TEXT(CTECycleClause, cycle_path_column),
	PLACE(CTECycleClause, location), PLAIN(CTECycleClause, cycle_mark_type), PLAIN(CTECycleClause, cycle_mark_typmod),
	PLAIN(CTECycleClause, cycle_mark_collation), PLAIN(CTECycleClause, cycle_mark_neop) };
static const struct sql_field of_CommonTableExpr[] = { TEXT(CommonTableExpr, ctename), NODE(CommonTableExpr, aliascolnames),
	PLAIN(CommonTableExpr, ctematerialized), NODE(CommonTableExpr, ctequery), NODE(CommonTableExpr, search_clause),
	NODE(CommonTableExpr, cycle_clause), PLACE(CommonTableExpr, location), PLAIN(CommonTableExpr, cterecursive),
	PLAIN(CommonTableExpr, cterefcount), NODE(CommonTableExpr, ctecolnames), NODE(CommonTableExpr, ctecoltypes),
	NODE(CommonTableExpr, ctecoltypmods), NODE(CommonTableExpr, ctecolcollations) };
static const struct sql_field of_MergeWhenClause[] = { PLAIN(MergeWhenClause, matched), PLAIN(MergeWhenClause, commandType),
	PLAIN(MergeWhenClause, override), NODE(MergeWhenClause, condition), NODE(MergeWhenClause, targetList), NODE(MergeWhenClause, values) };
static const struct sql_field of_TriggerTransition[] = { TEXT(TriggerTransition, name), PLAIN(TriggerTransition, isNew),
	PLAIN(TriggerTransition, isTable) };
static const struct sql_field of_RawStmt[] = { NODE(RawStmt, stmt), PLACE(RawStmt, stmt_location), PLACE(RawStmt, stmt_len) };
static const struct sql_field of_InsertStmt[] = { NODE(InsertStmt, relation), NODE(InsertStmt, cols), NODE(InsertStmt, selectStmt),
	NODE(InsertStmt, onConflictClause), NODE(InsertStmt, returningList), NODE(InsertStmt, withClause), PLAIN(InsertStmt, override) };
static const struct sql_field of_DeleteStmt[] = { NODE(DeleteStmt, relation), NODE(DeleteStmt, usingClause),
	NODE(DeleteStmt, whereClause), NODE(DeleteStmt, returningList), NODE(DeleteStmt, withClause) };
static const struct sql_field of_UpdateStmt[] = { NODE(UpdateStmt, relation), NODE(UpdateStmt, targetList), NODE(UpdateStmt, whereClause),
	NODE(UpdateStmt, fromClause), NODE(UpdateStmt, returningList), NODE(UpdateStmt, withClause) };
static const struct sql_field of_MergeStmt[] = { NODE(MergeStmt, relation), NODE(MergeStmt, sourceRelation),
	NODE(MergeStmt, joinCondition), NODE(MergeStmt, mergeWhenClauses), NODE(MergeStmt, withClause) };
static const struct sql_field of_SelectStmt[] = { NODE(SelectStmt, distinctClause), NODE(SelectStmt, intoClause),
	NODE(SelectStmt, targetList), NODE(SelectStmt, fromClause), NODE(SelectStmt, whereClause), NODE(SelectStmt, groupClause),
	PLAIN(SelectStmt, groupDistinct), NODE(SelectStmt, havingClause), NODE(SelectStmt, windowClause), NODE(SelectStmt, valuesLists),
	NODE(SelectStmt, sortClause), NODE(SelectStmt, limitOffset), NODE(SelectStmt, limitCount), PLAIN(SelectStmt, limitOption),
	NODE(SelectStmt, lockingClause), NODE(SelectStmt, withClause), PLAIN(SelectStmt, op), PLAIN(SelectStmt, all), NODE(SelectStmt, larg),
	NODE(SelectStmt, rarg) };
static const struct sql_field of_SetOperationStmt[] = { PLAIN(SetOperationStmt, op), PLAIN(SetOperationStmt, all),
	NODE(SetOperationStmt, larg), NODE(SetOperationStmt, rarg), NODE(SetOperationStmt, colTypes), NODE(SetOperationStmt, colTypmods),
	NODE(SetOperationStmt, colCollations), NODE(SetOperationStmt, groupClauses) };
static const struct sql_field of_ReturnStmt[] = { NODE(ReturnStmt, returnval) };
static const struct sql_field of_PLAssignStmt[] = { TEXT(PLAssignStmt, name), NODE(PLAssignStmt, indirection),
	PLAIN(PLAssignStmt, nnames), NODE(PLAssignStmt, val), PLACE(PLAssignStmt, location) };
static const struct sql_field of_CreateSchemaStmt[] = { TEXT(CreateSchemaStmt, schemaname), NODE(CreateSchemaStmt, authrole),
	NODE(CreateSchemaStmt, schemaElts), PLAIN(CreateSchemaStmt, if_not_exists) };
static const struct sql_field of_AlterTableStmt[] = { NODE(AlterTableStmt, relation), NODE(AlterTableStmt, cmds),
	PLAIN(AlterTableStmt, objtype), PLAIN(AlterTableStmt, missing_ok) };
static const struct sql_field of_ReplicaIdentityStmt[] = { PLAIN(ReplicaIdentityStmt, identity_type), TEXT(ReplicaIdentityStmt, name) };
static const struct sql_field of_AlterTableCmd[] = { PLAIN(AlterTableCmd, subtype), TEXT(AlterTableCmd, name), PLAIN(AlterTableCmd, num),
	NODE(AlterTableCmd, newowner), NODE(AlterTableCmd, def), PLAIN(AlterTableCmd, behavior), PLAIN(AlterTableCmd, missing_ok),
	PLAIN(AlterTableCmd, recurse) };
static const struct sql_field of_AlterCollationStmt[] = { NODE(AlterCollationStmt, collname) };
static const struct sql_field of_AlterDomainStmt[] = { PLAIN(AlterDomainStmt, subtype), NODE(AlterDomainStmt, typeName),
	TEXT(AlterDomainStmt, name), NODE(AlterDomainStmt, def), PLAIN(AlterDomainStmt, behavior), PLAIN(AlterDomainStmt, missing_ok) };
static const struct sql_field of_GrantStmt[] = { PLAIN(GrantStmt, is_grant), PLAIN(GrantStmt, targtype), PLAIN(GrantStmt, objtype),
	NODE(GrantStmt, objects), NODE(GrantStmt, privileges), NODE(GrantStmt, grantees), PLAIN(GrantStmt, grant_option),
	NODE(GrantStmt, grantor), PLAIN(GrantStmt, behavior) };
static const struct sql_field of_ObjectWithArgs[] = { NODE(ObjectWithArgs, objname), NODE(ObjectWithArgs, objargs),
	NODE(ObjectWithArgs, objfuncargs), PLAIN(ObjectWithArgs, args_unspecified) };
static const struct sql_field of_AccessPriv[] = { TEXT(AccessPriv, priv_name), NODE(AccessPriv, cols) };
static const struct sql_field of_GrantRoleStmt[] = { NODE(GrantRoleStmt, granted_roles), NODE(GrantRoleStmt, grantee_roles),
	PLAIN(GrantRoleStmt, is_grant), PLAIN(GrantRoleStmt, admin_opt), NODE(GrantRoleStmt, grantor), PLAIN(GrantRoleStmt, behavior) };
static const struct sql_field of_AlterDefaultPrivilegesStmt[] = { NODE(AlterDefaultPrivilegesStmt, options),
	NODE(AlterDefaultPrivilegesStmt, action) };
static const struct sql_field of_CopyStmt[] = { NODE(CopyStmt, relation), NODE(CopyStmt, query), NODE(CopyStmt, attlist),
	PLAIN(CopyStmt, is_from), PLAIN(CopyStmt, is_program), TEXT(CopyStmt, filename), NODE(CopyStmt, options), NODE(CopyStmt, whereClause) };
static const struct sql_field of_VariableSetStmt[] = { PLAIN(VariableSetStmt, kind), TEXT(VariableSetStmt, name),
	NODE(VariableSetStmt, args), PLAIN(VariableSetStmt, is_local) };
static const struct sql_field of_VariableShowStmt[] = { TEXT(VariableShowStmt, name) };
static const struct sql_field of_CreateStmt[] = { NODE(CreateStmt, relation), NODE(CreateStmt, tableElts), NODE(CreateStmt, inhRelations),
	NODE(CreateStmt, partbound), NODE(CreateStmt, partspec), NODE(CreateStmt, ofTypename), NODE(CreateStmt, constraints),
	NODE(CreateStmt, options), PLAIN(CreateStmt, oncommit), TEXT(CreateStmt, tablespacename), TEXT(CreateStmt, accessMethod),
	PLAIN(CreateStmt, if_not_exists) };
static const struct sql_field of_Constraint[] = { PLAIN(Constraint, contype), TEXT(Constraint, conname), PLAIN(Constraint, deferrable),
	PLAIN(Constraint, initdeferred), PLACE(Constraint, location), PLAIN(Constraint, is_no_inherit), NODE(Constraint, raw_expr),
	TEXT(Constraint, cooked_expr), PLAIN(Constraint, generated_when), PLAIN(Constraint, nulls_not_distinct), NODE(Constraint, keys),
	NODE(Constraint, including), NODE(Constraint, exclusions), NODE(Constraint, options), TEXT(Constraint, indexname),
	TEXT(Constraint, indexspace), PLAIN(Constraint, reset_default_tblspc), TEXT(Constraint, access_method), NODE(Constraint, where_clause),
	NODE(Constraint, pktable), NODE(Constraint, fk_attrs), NODE(Constraint, pk_attrs), PLAIN(Constraint, fk_matchtype),
	PLAIN(Constraint, fk_upd_action), PLAIN(Constraint, fk_del_action), NODE(Constraint, fk_del_set_cols), NODE(Constraint, old_conpfeqop),
	PLAIN(Constraint, old_pktable_oid), PLAIN(Constraint, skip_validation), PLAIN(Constraint, initially_valid) };
static const struct sql_field of_CreateTableSpaceStmt[] = { TEXT(CreateTableSpaceStmt, tablespacename), NODE(CreateTableSpaceStmt, owner),
	PLACE(CreateTableSpaceStmt, location), NODE(CreateTableSpaceStmt, options) };
static const struct sql_field of_DropTableSpaceStmt[] = { TEXT(DropTableSpaceStmt, tablespacename), PLAIN(DropTableSpaceStmt, missing_ok) };
static const struct sql_field of_AlterTableSpaceOptionsStmt[] = { TEXT(AlterTableSpaceOptionsStmt, tablespacename),
	NODE(AlterTableSpaceOptionsStmt, options), PLAIN(AlterTableSpaceOptionsStmt, isReset) };
static const struct sql_field of_AlterTableMoveAllStmt[] = { TEXT(AlterTableMoveAllStmt, orig_tablespacename),
	PLAIN(AlterTableMoveAllStmt, objtype), NODE(AlterTableMoveAllStmt, roles), TEXT(AlterTableMoveAllStmt, new_tablespacename),
	PLAIN(AlterTableMoveAllStmt, nowait) };
static const struct sql_field of_CreateExtensionStmt[] = { TEXT(CreateExtensionStmt, extname), PLAIN(CreateExtensionStmt, if_not_exists),
	NODE(CreateExtensionStmt, options) };
static const struct sql_field of_AlterExtensionStmt[] = { TEXT(AlterExtensionStmt, extname), NODE(AlterExtensionStmt, options) };
static const struct sql_field of_AlterExtensionContentsStmt[] = { TEXT(AlterExtensionContentsStmt, extname),
	PLAIN(AlterExtensionContentsStmt, action), PLAIN(AlterExtensionContentsStmt, objtype), NODE(AlterExtensionContentsStmt, object) };
static const struct sql_field of_CreateFdwStmt[] = { TEXT(CreateFdwStmt, fdwname), NODE(CreateFdwStmt, func_options),
	NODE(CreateFdwStmt, options) };
static const struct sql_field of_AlterFdwStmt[] = { TEXT(AlterFdwStmt, fdwname), NODE(AlterFdwStmt, func_options),
	NODE(AlterFdwStmt, options) };
static const struct sql_field of_CreateForeignServerStmt[] = { TEXT(CreateForeignServerStmt, servername),
	TEXT(CreateForeignServerStmt, servertype), TEXT(CreateForeignServerStmt, version), TEXT(CreateForeignServerStmt, fdwname),
	PLAIN(CreateForeignServerStmt, if_not_exists), NODE(CreateForeignServerStmt, options) };
static const struct sql_field of_AlterForeignServerStmt[] = { TEXT(AlterForeignServerStmt, servername),
	TEXT(AlterForeignServerStmt, version), NODE(AlterForeignServerStmt, options), PLAIN(AlterForeignServerStmt, has_version) };
static const struct sql_field of_CreateForeignTableStmt[] = { NODE(CreateForeignTableStmt, base.relation),
	NODE(CreateForeignTableStmt, base.tableElts), NODE(CreateForeignTableStmt, base.inhRelations),
	NODE(CreateForeignTableStmt, base.partbound), NODE(CreateForeignTableStmt, base.partspec), NODE(CreateForeignTableStmt, base.ofTypename),
	NODE(CreateForeignTableStmt, base.constraints), NODE(CreateForeignTableStmt, base.options), PLAIN(CreateForeignTableStmt, base.oncommit),
	TEXT(CreateForeignTableStmt, base.tablespacename), TEXT(CreateForeignTableStmt, base.accessMethod),
	PLAIN(CreateForeignTableStmt, base.if_not_exists), TEXT(CreateForeignTableStmt, servername), NODE(CreateForeignTableStmt, options) };
static const struct sql_field of_CreateUserMappingStmt[] = { NODE(CreateUserMappingStmt, user), TEXT(CreateUserMappingStmt, servername),
	PLAIN(CreateUserMappingStmt, if_not_exists), NODE(CreateUserMappingStmt, options) };
static const struct sql_field of_AlterUserMappingStmt[] = { NODE(AlterUserMappingStmt, user), TEXT(AlterUserMappingStmt, servername),
	NODE(AlterUserMappingStmt, options) };
static const struct sql_field of_DropUserMappingStmt[] = { NODE(DropUserMappingStmt, user), TEXT(DropUserMappingStmt, servername),
	PLAIN(DropUserMappingStmt, missing_ok) };
static const struct sql_field of_ImportForeignSchemaStmt[] = { TEXT(ImportForeignSchemaStmt, server_name),
	TEXT(ImportForeignSchemaStmt, remote_schema), TEXT(ImportForeignSchemaStmt, local_schema), PLAIN(ImportForeignSchemaStmt, list_type),
	NODE(ImportForeignSchemaStmt, table_list), NODE(ImportForeignSchemaStmt, options) };
static const struct sql_field of_CreatePolicyStmt[] = { TEXT(CreatePolicyStmt, policy_name), NODE(CreatePolicyStmt, table),
	TEXT(CreatePolicyStmt, cmd_name), PLAIN(CreatePolicyStmt, permissive), NODE(CreatePolicyStmt, roles), NODE(CreatePolicyStmt, qual),
	NODE(CreatePolicyStmt, with_check) };
static const struct sql_field of_AlterPolicyStmt[] = { TEXT(AlterPolicyStmt, policy_name), NODE(AlterPolicyStmt, table),
	NODE(AlterPolicyStmt, roles), NODE(AlterPolicyStmt, qual), NODE(AlterPolicyStmt, with_check) };
static const struct sql_field of_CreateAmStmt[] = { TEXT(CreateAmStmt, amname), NODE(CreateAmStmt, handler_name),
	PLAIN(CreateAmStmt, amtype) };
static const struct sql_field of_CreateTrigStmt[] = { PLAIN(CreateTrigStmt, replace), PLAIN(CreateTrigStmt, isconstraint),
	TEXT(CreateTrigStmt, trigname), NODE(CreateTrigStmt, relation), NODE(CreateTrigStmt, funcname), NODE(CreateTrigStmt, args),
	PLAIN(CreateTrigStmt, row), PLAIN(CreateTrigStmt, timing), PLAIN(CreateTrigStmt, events), NODE(CreateTrigStmt, columns),
	NODE(CreateTrigStmt, whenClause), NODE(CreateTrigStmt, transitionRels), PLAIN(CreateTrigStmt, deferrable),
	PLAIN(CreateTrigStmt, initdeferred), NODE(CreateTrigStmt, constrrel) };
static const struct sql_field of_CreateEventTrigStmt[] = { TEXT(CreateEventTrigStmt, trigname), TEXT(CreateEventTrigStmt, eventname),
	NODE(CreateEventTrigStmt, whenclause), NODE(CreateEventTrigStmt, funcname) };
static const struct sql_field of_AlterEventTrigStmt[] = { TEXT(AlterEventTrigStmt, trigname), PLAIN(AlterEventTrigStmt, tgenabled) };
static const struct sql_field of_CreatePLangStmt[] = { PLAIN(CreatePLangStmt, replace), TEXT(CreatePLangStmt, plname),
	NODE(CreatePLangStmt, plhandler), NODE(CreatePLangStmt, plinline), NODE(CreatePLangStmt, plvalidator), PLAIN(CreatePLangStmt, pltrusted) };
static const struct sql_field of_CreateRoleStmt[] = { PLAIN(CreateRoleStmt, stmt_type), TEXT(CreateRoleStmt, role),
	NODE(CreateRoleStmt, options) };
static const struct sql_field of_AlterRoleStmt[] = { NODE(AlterRoleStmt, role), NODE(AlterRoleStmt, options),
	PLAIN(AlterRoleStmt, action) };
static const struct sql_field of_AlterRoleSetStmt[] = { NODE(AlterRoleSetStmt, role), TEXT(AlterRoleSetStmt, database),
	NODE(AlterRoleSetStmt, setstmt) };
static const struct sql_field of_DropRoleStmt[] = { NODE(DropRoleStmt, roles), PLAIN(DropRoleStmt, missing_ok) };
static const struct sql_field of_CreateSeqStmt[] = { NODE(CreateSeqStmt, sequence), NODE(CreateSeqStmt, options),
	PLAIN(CreateSeqStmt, ownerId), PLAIN(CreateSeqStmt, for_identity), PLAIN(CreateSeqStmt, if_not_exists) };
static const struct sql_field of_AlterSeqStmt[] = { NODE(AlterSeqStmt, sequence), NODE(AlterSeqStmt, options),
	PLAIN(AlterSeqStmt, for_identity), PLAIN(AlterSeqStmt, missing_ok) };
static const struct sql_field of_DefineStmt[] = { PLAIN(DefineStmt, kind), PLAIN(DefineStmt, oldstyle), NODE(DefineStmt, defnames),
	NODE(DefineStmt, args), NODE(DefineStmt, definition), PLAIN(DefineStmt, if_not_exists), PLAIN(DefineStmt, replace) };
static const struct sql_field of_CreateDomainStmt[] = { NODE(CreateDomainStmt, domainname), NODE(CreateDomainStmt, typeName),
	NODE(CreateDomainStmt, collClause), NODE(CreateDomainStmt, constraints) };
static const struct sql_field of_CreateOpClassStmt[] = { NODE(CreateOpClassStmt, opclassname), NODE(CreateOpClassStmt, opfamilyname),
	TEXT(CreateOpClassStmt, amname), NODE(CreateOpClassStmt, datatype), NODE(CreateOpClassStmt, items), PLAIN(CreateOpClassStmt, isDefault) };
static const struct sql_field of_CreateOpClassItem[] = { PLAIN(CreateOpClassItem, itemtype), NODE(CreateOpClassItem, name),
	PLAIN(CreateOpClassItem, number), NODE(CreateOpClassItem, order_family), NODE(CreateOpClassItem, class_args),
	NODE(CreateOpClassItem, storedtype) };
static const struct sql_field of_CreateOpFamilyStmt[] = { NODE(CreateOpFamilyStmt, opfamilyname), TEXT(CreateOpFamilyStmt, amname) };
static const struct sql_field of_AlterOpFamilyStmt[] = { NODE(AlterOpFamilyStmt, opfamilyname), TEXT(AlterOpFamilyStmt, amname),
	PLAIN(AlterOpFamilyStmt, isDrop), NODE(AlterOpFamilyStmt, items) };
static const struct sql_field of_DropStmt[] = { NODE(DropStmt, objects), PLAIN(DropStmt, removeType), PLAIN(DropStmt, behavior),
	PLAIN(DropStmt, missing_ok), PLAIN(DropStmt, concurrent) };
static const struct sql_field of_TruncateStmt[] = { NODE(TruncateStmt, relations), PLAIN(TruncateStmt, restart_seqs),
	PLAIN(TruncateStmt, behavior) };
static const struct sql_field of_CommentStmt[] = { PLAIN(CommentStmt, objtype), NODE(CommentStmt, object), TEXT(CommentStmt, comment) };
static const struct sql_field of_SecLabelStmt[] = { PLAIN(SecLabelStmt, objtype), NODE(SecLabelStmt, object),
	TEXT(SecLabelStmt, provider), TEXT(SecLabelStmt, label) };
static const struct sql_field of_DeclareCursorStmt[] = { TEXT(DeclareCursorStmt, portalname), PLAIN(DeclareCursorStmt, options),
	NODE(DeclareCursorStmt, query) };
static const struct sql_field of_ClosePortalStmt[] = { TEXT(ClosePortalStmt, portalname) };
static const struct sql_field of_FetchStmt[] = { PLAIN(FetchStmt, direction), PLAIN(FetchStmt, howMany), TEXT(FetchStmt, portalname),
	PLAIN(FetchStmt, ismove) };
static const struct sql_field of_IndexStmt[] = { TEXT(IndexStmt, idxname), NODE(IndexStmt, relation), TEXT(IndexStmt, accessMethod),
	TEXT(IndexStmt, tableSpace), NODE(IndexStmt, indexParams), NODE(IndexStmt, indexIncludingParams), NODE(IndexStmt, options),
	NODE(IndexStmt, whereClause), NODE(IndexStmt, excludeOpNames), TEXT(IndexStmt, idxcomment), PLAIN(IndexStmt, indexOid),
	PLAIN(IndexStmt, oldNode), PLAIN(IndexStmt, oldCreateSubid), PLAIN(IndexStmt, oldFirstRelfilenodeSubid), PLAIN(IndexStmt, unique),
	PLAIN(IndexStmt, nulls_not_distinct), PLAIN(IndexStmt, primary), PLAIN(IndexStmt, isconstraint), PLAIN(IndexStmt, deferrable),
	PLAIN(IndexStmt, initdeferred), PLAIN(IndexStmt, transformed), PLAIN(IndexStmt, concurrent), PLAIN(IndexStmt, if_not_exists),
	PLAIN(IndexStmt, reset_default_tblspc) };
static const struct sql_field of_CreateStatsStmt[] = { NODE(CreateStatsStmt, defnames), NODE(CreateStatsStmt, stat_types),
	NODE(CreateStatsStmt, exprs), NODE(CreateStatsStmt, relations), TEXT(CreateStatsStmt, stxcomment), PLAIN(CreateStatsStmt, transformed),
	PLAIN(CreateStatsStmt, if_not_exists) };
static const struct sql_field of_StatsElem[] = { TEXT(StatsElem, name), NODE(StatsElem, expr) };
static const struct sql_field of_AlterStatsStmt[] = { NODE(AlterStatsStmt, defnames), PLAIN(AlterStatsStmt, stxstattarget),
	PLAIN(AlterStatsStmt, missing_ok) };
static const struct sql_field of_CreateFunctionStmt[] = { PLAIN(CreateFunctionStmt, is_procedure), PLAIN(CreateFunctionStmt, replace),
	NODE(CreateFunctionStmt, funcname), NODE(CreateFunctionStmt, parameters), NODE(CreateFunctionStmt, returnType),
	NODE(CreateFunctionStmt, options), NODE(CreateFunctionStmt, sql_body) };
static const struct sql_field of_FunctionParameter[] = { TEXT(FunctionParameter, name), NODE(FunctionParameter, argType),
	PLAIN(FunctionParameter, mode), NODE(FunctionParameter, defexpr) };
static const struct sql_field of_AlterFunctionStmt[] = { PLAIN(AlterFunctionStmt, objtype), NODE(AlterFunctionStmt, func),
	NODE(AlterFunctionStmt, actions) };
static const struct sql_field of_DoStmt[] = { NODE(DoStmt, args) };
static const struct sql_field of_CallStmt[] = { NODE(CallStmt, funccall), NODE(CallStmt, funcexpr), NODE(CallStmt, outargs) };
static const struct sql_field of_RenameStmt[] = { PLAIN(RenameStmt, renameType), PLAIN(RenameStmt, relationType),
	NODE(RenameStmt, relation), NODE(RenameStmt, object), TEXT(RenameStmt, subname), TEXT(RenameStmt, newname), PLAIN(RenameStmt, behavior),
	PLAIN(RenameStmt, missing_ok) };
static const struct sql_field of_AlterObjectDependsStmt[] = { PLAIN(AlterObjectDependsStmt, objectType),
	NODE(AlterObjectDependsStmt, relation), NODE(AlterObjectDependsStmt, object), NODE(AlterObjectDependsStmt, extname),
	PLAIN(AlterObjectDependsStmt, remove) };
static const struct sql_field of_AlterObjectSchemaStmt[] = { PLAIN(AlterObjectSchemaStmt, objectType),
	NODE(AlterObjectSchemaStmt, relation), NODE(AlterObjectSchemaStmt, object), TEXT(AlterObjectSchemaStmt, newschema),
	PLAIN(AlterObjectSchemaStmt, missing_ok) };
static const struct sql_field of_AlterOwnerStmt[] = { PLAIN(AlterOwnerStmt, objectType), NODE(AlterOwnerStmt, relation),
	NODE(AlterOwnerStmt, object), NODE(AlterOwnerStmt, newowner) };
static const struct sql_field of_AlterOperatorStmt[] = { NODE(AlterOperatorStmt, opername), NODE(AlterOperatorStmt, options) };
static const struct sql_field of_AlterTypeStmt[] = { NODE(AlterTypeStmt, typeName), NODE(AlterTypeStmt, options) };
static const struct sql_field of_RuleStmt[] = { NODE(RuleStmt, relation), TEXT(RuleStmt, rulename), NODE(RuleStmt, whereClause),
	PLAIN(RuleStmt, event), PLAIN(RuleStmt, instead), NODE(RuleStmt, actions), PLAIN(RuleStmt, replace) };
static const struct sql_field of_NotifyStmt[] = { TEXT(NotifyStmt, conditionname), TEXT(NotifyStmt, payload) };
static const struct sql_field of_ListenStmt[] = { TEXT(ListenStmt, conditionname) };
static const struct sql_field of_UnlistenStmt[] = { TEXT(UnlistenStmt, conditionname) };
static const struct sql_field of_TransactionStmt[] = { PLAIN(TransactionStmt, kind), NODE(TransactionStmt, options),
	TEXT(TransactionStmt, savepoint_name), TEXT(TransactionStmt, gid), PLAIN(TransactionStmt, chain) };
static const struct sql_field of_CompositeTypeStmt[] = { NODE(CompositeTypeStmt, typevar), NODE(CompositeTypeStmt, coldeflist) };
static const struct sql_field of_CreateEnumStmt[] = { NODE(CreateEnumStmt, typeName), NODE(CreateEnumStmt, vals) };
static const struct sql_field of_CreateRangeStmt[] = { NODE(CreateRangeStmt, typeName), NODE(CreateRangeStmt, params) };
static const struct sql_field of_AlterEnumStmt[] = { NODE(AlterEnumStmt, typeName), TEXT(AlterEnumStmt, oldVal),
	TEXT(AlterEnumStmt, newVal), TEXT(AlterEnumStmt, newValNeighbor), PLAIN(AlterEnumStmt, newValIsAfter),
	PLAIN(AlterEnumStmt, skipIfNewValExists) };
static const struct sql_field of_ViewStmt[] = { NODE(ViewStmt, view), NODE(ViewStmt, aliases), NODE(ViewStmt, query),
	PLAIN(ViewStmt, replace), NODE(ViewStmt, options), PLAIN(ViewStmt, withCheckOption) };
static const struct sql_field of_LoadStmt[] = { TEXT(LoadStmt, filename) };
static const struct sql_field of_CreatedbStmt[] = { TEXT(CreatedbStmt, dbname), NODE(CreatedbStmt, options) };
static const struct sql_field of_AlterDatabaseStmt[] = { TEXT(AlterDatabaseStmt, dbname), NODE(AlterDatabaseStmt, options) };
static const struct sql_field of_AlterDatabaseRefreshCollStmt[] = { TEXT(AlterDatabaseRefreshCollStmt, dbname) };
static const struct sql_field of_AlterDatabaseSetStmt[] = { TEXT(AlterDatabaseSetStmt, dbname), NODE(AlterDatabaseSetStmt, setstmt) };
static const struct sql_field of_DropdbStmt[] = { TEXT(DropdbStmt, dbname), PLAIN(DropdbStmt, missing_ok), NODE(DropdbStmt, options) };
static const struct sql_field of_AlterSystemStmt[] = { NODE(AlterSystemStmt, setstmt) };
static const struct sql_field of_ClusterStmt[] = { NODE(ClusterStmt, relation), TEXT(ClusterStmt, indexname), NODE(ClusterStmt, params) };
static const struct sql_field of_VacuumStmt[] = { NODE(VacuumStmt, options), NODE(VacuumStmt, rels), PLAIN(VacuumStmt, is_vacuumcmd) };
static const struct sql_field of_VacuumRelation[] = { NODE(VacuumRelation, relation), PLAIN(VacuumRelation, oid),
	NODE(VacuumRelation, va_cols) };
static const struct sql_field of_ExplainStmt[] = { NODE(ExplainStmt, query), NODE(ExplainStmt, options) };
static const struct sql_field of_CreateTableAsStmt[] = { NODE(CreateTableAsStmt, query), NODE(CreateTableAsStmt, into),
	PLAIN(CreateTableAsStmt, objtype), PLAIN(CreateTableAsStmt, is_select_into), PLAIN(CreateTableAsStmt, if_not_exists) };
static const struct sql_field of_RefreshMatViewStmt[] = { PLAIN(RefreshMatViewStmt, concurrent), PLAIN(RefreshMatViewStmt, skipData),
	NODE(RefreshMatViewStmt, relation) };
static const struct sql_field of_DiscardStmt[] = { PLAIN(DiscardStmt, target) };
static const struct sql_field of_LockStmt[] = { NODE(LockStmt, relations), PLAIN(LockStmt, mode), PLAIN(LockStmt, nowait) };
static const struct sql_field of_ConstraintsSetStmt[] = { NODE(ConstraintsSetStmt, constraints), PLAIN(ConstraintsSetStmt, deferred) };
static const struct sql_field of_ReindexStmt[] = { PLAIN(ReindexStmt, kind), NODE(ReindexStmt, relation), TEXT(ReindexStmt, name),
	NODE(ReindexStmt, params) };
static const struct sql_field of_CreateConversionStmt[] = { NODE(CreateConversionStmt, conversion_name),
	TEXT(CreateConversionStmt, for_encoding_name), TEXT(CreateConversionStmt, to_encoding_name), NODE(CreateConversionStmt, func_name),
	PLAIN(CreateConversionStmt, def) };
static const struct sql_field of_CreateCastStmt[] = { NODE(CreateCastStmt, sourcetype), NODE(CreateCastStmt, targettype),
	NODE(CreateCastStmt, func), PLAIN(CreateCastStmt, context), PLAIN(CreateCastStmt, inout) };
static const struct sql_field of_CreateTransformStmt[] = { PLAIN(CreateTransformStmt, replace), NODE(CreateTransformStmt, type_name),
	TEXT(CreateTransformStmt, lang), NODE(CreateTransformStmt, fromsql), NODE(CreateTransformStmt, tosql) };
static const struct sql_field of_PrepareStmt[] = { TEXT(PrepareStmt, name), NODE(PrepareStmt, argtypes), NODE(PrepareStmt, query) };
static const struct sql_field of_ExecuteStmt[] = { TEXT(ExecuteStmt, name), NODE(ExecuteStmt, params) };
static const struct sql_field of_DeallocateStmt[] = { TEXT(DeallocateStmt, name) };
static const struct sql_field of_DropOwnedStmt[] = { NODE(DropOwnedStmt, roles), PLAIN(DropOwnedStmt, behavior) };
static const struct sql_field of_ReassignOwnedStmt[] = { NODE(ReassignOwnedStmt, roles), NODE(ReassignOwnedStmt, newrole) };
static const struct sql_field of_AlterTSDictionaryStmt[] = { NODE(AlterTSDictionaryStmt, dictname), NODE(AlterTSDictionaryStmt, options) };
static const struct sql_field of_AlterTSConfigurationStmt[] = { PLAIN(AlterTSConfigurationStmt, kind),
	NODE(AlterTSConfigurationStmt, cfgname), NODE(AlterTSConfigurationStmt, tokentype), NODE(AlterTSConfigurationStmt, dicts),
	PLAIN(AlterTSConfigurationStmt, override), PLAIN(AlterTSConfigurationStmt, replace), PLAIN(AlterTSConfigurationStmt, missing_ok) };
static const struct sql_field of_PublicationTable[] = { NODE(PublicationTable, relation), NODE(PublicationTable, whereClause),
	NODE(PublicationTable, columns) };
static const struct sql_field of_PublicationObjSpec[] = { PLAIN(PublicationObjSpec, pubobjtype), TEXT(PublicationObjSpec, name),
	NODE(PublicationObjSpec, pubtable), PLACE(PublicationObjSpec, location) };
static const struct sql_field of_CreatePublicationStmt[] = { TEXT(CreatePublicationStmt, pubname), NODE(CreatePublicationStmt, options),
	NODE(CreatePublicationStmt, pubobjects), PLAIN(CreatePublicationStmt, for_all_tables) };
static const struct sql_field of_AlterPublicationStmt[] = { TEXT(AlterPublicationStmt, pubname), NODE(AlterPublicationStmt, options),
	NODE(AlterPublicationStmt, pubobjects), PLAIN(AlterPublicationStmt, for_all_tables), PLAIN(AlterPublicationStmt, action) };
static const struct sql_field of_CreateSubscriptionStmt[] = { TEXT(CreateSubscriptionStmt, subname),
	TEXT(CreateSubscriptionStmt, conninfo), NODE(CreateSubscriptionStmt, publication), NODE(CreateSubscriptionStmt, options) };
static const struct sql_field of_AlterSubscriptionStmt[] = { PLAIN(AlterSubscriptionStmt, kind), TEXT(AlterSubscriptionStmt, subname),
	TEXT(AlterSubscriptionStmt, conninfo), NODE(AlterSubscriptionStmt, publication), NODE(AlterSubscriptionStmt, options) };
static const struct sql_field of_DropSubscriptionStmt[] = { TEXT(DropSubscriptionStmt, subname), PLAIN(DropSubscriptionStmt, missing_ok),
	PLAIN(DropSubscriptionStmt, behavior) };

static const struct sql_fields all[] = {
	[T_Integer] = { of_Integer, 1, true }, [T_Float] = { of_Float, 1, true }, [T_Boolean] = { of_Boolean, 1, true },
	[T_String] = { of_String, 1, true }, [T_BitString] = { of_BitString, 1, true }, [T_Alias] = { of_Alias, 2, true },
	[T_RangeVar] = { of_RangeVar, 7, true }, [T_IntoClause] = { of_IntoClause, 8, true }, [T_GroupingFunc] = { of_GroupingFunc, 5, true },
	[T_NamedArgExpr] = { of_NamedArgExpr, 4, true }, [T_BoolExpr] = { of_BoolExpr, 3, true }, [T_SubLink] = { of_SubLink, 6, true },
	[T_CaseExpr] = { of_CaseExpr, 6, true }, [T_CaseWhen] = { of_CaseWhen, 3, true }, [T_RowExpr] = { of_RowExpr, 5, true },
	[T_CoalesceExpr] = { of_CoalesceExpr, 4, true }, [T_MinMaxExpr] = { of_MinMaxExpr, 6, true },
	[T_SQLValueFunction] = { of_SQLValueFunction, 4, true }, [T_XmlExpr] = { of_XmlExpr, 9, true }, [T_NullTest] = { of_NullTest, 4, true },
	[T_BooleanTest] = { of_BooleanTest, 3, true }, [T_SetToDefault] = { of_SetToDefault, 4, true },
	[T_CurrentOfExpr] = { of_CurrentOfExpr, 3, true }, [T_JoinExpr] = { of_JoinExpr, 9, true }, [T_TypeName] = { of_TypeName, 8, true },
	[T_ColumnRef] = { of_ColumnRef, 2, true }, [T_ParamRef] = { of_ParamRef, 2, true }, [T_A_Expr] = { of_A_Expr, 5, true },
	[T_TypeCast] = { of_TypeCast, 3, true }, [T_CollateClause] = { of_CollateClause, 3, true }, [T_RoleSpec] = { of_RoleSpec, 3, true },
	[T_FuncCall] = { of_FuncCall, 11, true }, [T_A_Star] = { NULL, 0, true }, [T_A_Indices] = { of_A_Indices, 3, true },
	[T_A_Indirection] = { of_A_Indirection, 2, true }, [T_A_ArrayExpr] = { of_A_ArrayExpr, 2, true },
	[T_ResTarget] = { of_ResTarget, 4, true }, [T_MultiAssignRef] = { of_MultiAssignRef, 3, true }, [T_SortBy] = { of_SortBy, 5, true },
	[T_WindowDef] = { of_WindowDef, 8, true }, [T_RangeSubselect] = { of_RangeSubselect, 3, true },
	[T_RangeFunction] = { of_RangeFunction, 6, true }, [T_RangeTableFunc] = { of_RangeTableFunc, 7, true },
	[T_RangeTableFuncCol] = { of_RangeTableFuncCol, 7, true }, [T_RangeTableSample] = { of_RangeTableSample, 5, true },
	[T_ColumnDef] = { of_ColumnDef, 18, true }, [T_TableLikeClause] = { of_TableLikeClause, 3, true },
	[T_IndexElem] = { of_IndexElem, 8, true }, [T_DefElem] = { of_DefElem, 5, true }, [T_LockingClause] = { of_LockingClause, 3, true },
	[T_XmlSerialize] = { of_XmlSerialize, 4, true }, [T_PartitionElem] = { of_PartitionElem, 5, true },
	[T_PartitionSpec] = { of_PartitionSpec, 3, true }, [T_PartitionBoundSpec] = { of_PartitionBoundSpec, 8, true },
	[T_PartitionRangeDatum] = { of_PartitionRangeDatum, 3, true }, [T_PartitionCmd] = { of_PartitionCmd, 3, true },
	[T_GroupingSet] = { of_GroupingSet, 3, true }, [T_WithClause] = { of_WithClause, 3, true }, [T_InferClause] = { of_InferClause, 4, true },
	[T_OnConflictClause] = { of_OnConflictClause, 5, true }, [T_CTESearchClause] = { of_CTESearchClause, 4, true },
	[T_CTECycleClause] = { of_CTECycleClause, 10, true }, [T_CommonTableExpr] = { of_CommonTableExpr, 13, true },
	[T_MergeWhenClause] = { of_MergeWhenClause, 6, true }, [T_TriggerTransition] = { of_TriggerTransition, 3, true },
	[T_RawStmt] = { of_RawStmt, 3, true }, [T_InsertStmt] = { of_InsertStmt, 7, true }, [T_DeleteStmt] = { of_DeleteStmt, 5, true },
	[T_UpdateStmt] = { of_UpdateStmt, 6, true }, [T_MergeStmt] = { of_MergeStmt, 5, true }, [T_SelectStmt] = { of_SelectStmt, 20, true },
	[T_SetOperationStmt] = { of_SetOperationStmt, 8, true }, [T_ReturnStmt] = { of_ReturnStmt, 1, true },
	[T_PLAssignStmt] = { of_PLAssignStmt, 5, true }, [T_CreateSchemaStmt] = { of_CreateSchemaStmt, 4, true },
	[T_AlterTableStmt] = { of_AlterTableStmt, 4, true }, [T_ReplicaIdentityStmt] = { of_ReplicaIdentityStmt, 2, true },
	[T_AlterTableCmd] = { of_AlterTableCmd, 8, true }, [T_AlterCollationStmt] = { of_AlterCollationStmt, 1, true },
	[T_AlterDomainStmt] = { of_AlterDomainStmt, 6, true }, [T_GrantStmt] = { of_GrantStmt, 9, true },
	[T_ObjectWithArgs] = { of_ObjectWithArgs, 4, true }, [T_AccessPriv] = { of_AccessPriv, 2, true },
	[T_GrantRoleStmt] = { of_GrantRoleStmt, 6, true }, [T_AlterDefaultPrivilegesStmt] = { of_AlterDefaultPrivilegesStmt, 2, true },
	[T_CopyStmt] = { of_CopyStmt, 8, true }, [T_VariableSetStmt] = { of_VariableSetStmt, 4, true },
	[T_VariableShowStmt] = { of_VariableShowStmt, 1, true }, [T_CreateStmt] = { of_CreateStmt, 12, true },
	[T_Constraint] = { of_Constraint, 30, true }, [T_CreateTableSpaceStmt] = { of_CreateTableSpaceStmt, 4, true },
	[T_DropTableSpaceStmt] = { of_DropTableSpaceStmt, 2, true }, [T_AlterTableSpaceOptionsStmt] = { of_AlterTableSpaceOptionsStmt, 3, true },
	[T_AlterTableMoveAllStmt] = { of_AlterTableMoveAllStmt, 5, true }, [T_CreateExtensionStmt] = { of_CreateExtensionStmt, 3, true },
	[T_AlterExtensionStmt] = { of_AlterExtensionStmt, 2, true }, [T_AlterExtensionContentsStmt] = { of_AlterExtensionContentsStmt, 4, true },
	[T_CreateFdwStmt] = { of_CreateFdwStmt, 3, true }, [T_AlterFdwStmt] = { of_AlterFdwStmt, 3, true },
	[T_CreateForeignServerStmt] = { of_CreateForeignServerStmt, 6, true },
	[T_AlterForeignServerStmt] = { of_AlterForeignServerStmt, 4, true }, [T_CreateForeignTableStmt] = { of_CreateForeignTableStmt, 14, true },
	[T_CreateUserMappingStmt] = { of_CreateUserMappingStmt, 4, true }, [T_AlterUserMappingStmt] = { of_AlterUserMappingStmt, 3, true },
	[T_DropUserMappingStmt] = { of_DropUserMappingStmt, 3, true }, [T_ImportForeignSchemaStmt] = { of_ImportForeignSchemaStmt, 6, true },
	[T_CreatePolicyStmt] = { of_CreatePolicyStmt, 7, true }, [T_AlterPolicyStmt] = { of_AlterPolicyStmt, 5, true },
	[T_CreateAmStmt] = { of_CreateAmStmt, 3, true }, [T_CreateTrigStmt] = { of_CreateTrigStmt, 15, true },
	[T_CreateEventTrigStmt] = { of_CreateEventTrigStmt, 4, true }, [T_AlterEventTrigStmt] = { of_AlterEventTrigStmt, 2, true },
	[T_CreatePLangStmt] = { of_CreatePLangStmt, 6, true }, [T_CreateRoleStmt] = { of_CreateRoleStmt, 3, true },
	[T_AlterRoleStmt] = { of_AlterRoleStmt, 3, true }, [T_AlterRoleSetStmt] = { of_AlterRoleSetStmt, 3, true },
	[T_DropRoleStmt] = { of_DropRoleStmt, 2, true }, [T_CreateSeqStmt] = { of_CreateSeqStmt, 5, true },
	[T_AlterSeqStmt] = { of_AlterSeqStmt, 4, true }, [T_DefineStmt] = { of_DefineStmt, 7, true },
	[T_CreateDomainStmt] = { of_CreateDomainStmt, 4, true }, [T_CreateOpClassStmt] = { of_CreateOpClassStmt, 6, true },
	[T_CreateOpClassItem] = { of_CreateOpClassItem, 6, true }, [T_CreateOpFamilyStmt] = { of_CreateOpFamilyStmt, 2, true },
	[T_AlterOpFamilyStmt] = { of_AlterOpFamilyStmt, 4, true }, [T_DropStmt] = { of_DropStmt, 5, true },
	[T_TruncateStmt] = { of_TruncateStmt, 3, true }, [T_CommentStmt] = { of_CommentStmt, 3, true },
	[T_SecLabelStmt] = { of_SecLabelStmt, 4, true }, [T_DeclareCursorStmt] = { of_DeclareCursorStmt, 3, true },
	[T_ClosePortalStmt] = { of_ClosePortalStmt, 1, true }, [T_FetchStmt] = { of_FetchStmt, 4, true },
	[T_IndexStmt] = { of_IndexStmt, 24, true }, [T_CreateStatsStmt] = { of_CreateStatsStmt, 7, true },
	[T_StatsElem] = { of_StatsElem, 2, true }, [T_AlterStatsStmt] = { of_AlterStatsStmt, 3, true },
	[T_CreateFunctionStmt] = { of_CreateFunctionStmt, 7, true }, [T_FunctionParameter] = { of_FunctionParameter, 4, true },
	[T_AlterFunctionStmt] = { of_AlterFunctionStmt, 3, true }, [T_DoStmt] = { of_DoStmt, 1, true }, [T_CallStmt] = { of_CallStmt, 3, true },
	[T_RenameStmt] = { of_RenameStmt, 8, true }, [T_AlterObjectDependsStmt] = { of_AlterObjectDependsStmt, 5, true },
	[T_AlterObjectSchemaStmt] = { of_AlterObjectSchemaStmt, 5, true }, [T_AlterOwnerStmt] = { of_AlterOwnerStmt, 4, true },
	[T_AlterOperatorStmt] = { of_AlterOperatorStmt, 2, true }, [T_AlterTypeStmt] = { of_AlterTypeStmt, 2, true },
	[T_RuleStmt] = { of_RuleStmt, 7, true }, [T_NotifyStmt] = { of_NotifyStmt, 2, true }, [T_ListenStmt] = { of_ListenStmt, 1, true },
	[T_UnlistenStmt] = { of_UnlistenStmt, 1, true }, [T_TransactionStmt] = { of_TransactionStmt, 5, true },
	[T_CompositeTypeStmt] = { of_CompositeTypeStmt, 2, true }, [T_CreateEnumStmt] = { of_CreateEnumStmt, 2, true },
	[T_CreateRangeStmt] = { of_CreateRangeStmt, 2, true }, [T_AlterEnumStmt] = { of_AlterEnumStmt, 6, true },
	[T_ViewStmt] = { of_ViewStmt, 6, true }, [T_LoadStmt] = { of_LoadStmt, 1, true }, [T_CreatedbStmt] = { of_CreatedbStmt, 2, true },
	[T_AlterDatabaseStmt] = { of_AlterDatabaseStmt, 2, true },
	[T_AlterDatabaseRefreshCollStmt] = { of_AlterDatabaseRefreshCollStmt, 1, true },
	[T_AlterDatabaseSetStmt] = { of_AlterDatabaseSetStmt, 2, true }, [T_DropdbStmt] = { of_DropdbStmt, 3, true },
	[T_AlterSystemStmt] = { of_AlterSystemStmt, 1, true }, [T_ClusterStmt] = { of_ClusterStmt, 3, true },
	[T_VacuumStmt] = { of_VacuumStmt, 3, true }, [T_VacuumRelation] = { of_VacuumRelation, 3, true },
	[T_ExplainStmt] = { of_ExplainStmt, 2, true }, [T_CreateTableAsStmt] = { of_CreateTableAsStmt, 5, true },
	[T_RefreshMatViewStmt] = { of_RefreshMatViewStmt, 3, true }, [T_CheckPointStmt] = { NULL, 0, true },
	[T_DiscardStmt] = { of_DiscardStmt, 1, true }, [T_LockStmt] = { of_LockStmt, 3, true },
	[T_ConstraintsSetStmt] = { of_ConstraintsSetStmt, 2, true }, [T_ReindexStmt] = { of_ReindexStmt, 4, true },
	[T_CreateConversionStmt] = { of_CreateConversionStmt, 5, true }, [T_CreateCastStmt] = { of_CreateCastStmt, 5, true },
	[T_CreateTransformStmt] = { of_CreateTransformStmt, 5, true }, [T_PrepareStmt] = { of_PrepareStmt, 3, true },
	[T_ExecuteStmt] = { of_ExecuteStmt, 2, true }, [T_DeallocateStmt] = { of_DeallocateStmt, 1, true },
	[T_DropOwnedStmt] = { of_DropOwnedStmt, 2, true }, [T_ReassignOwnedStmt] = { of_ReassignOwnedStmt, 2, true },
	[T_AlterTSDictionaryStmt] = { of_AlterTSDictionaryStmt, 2, true },
	[T_AlterTSConfigurationStmt] = { of_AlterTSConfigurationStmt, 7, true }, [T_PublicationTable] = { of_PublicationTable, 3, true },
	[T_PublicationObjSpec] = { of_PublicationObjSpec, 4, true }, [T_CreatePublicationStmt] = { of_CreatePublicationStmt, 4, true },
	[T_AlterPublicationStmt] = { of_AlterPublicationStmt, 5, true }, [T_CreateSubscriptionStmt] = { of_CreateSubscriptionStmt, 4, true },
	[T_AlterSubscriptionStmt] = { of_AlterSubscriptionStmt, 5, true }, [T_DropSubscriptionStmt] = { of_DropSubscriptionStmt, 3, true },
};

const struct sql_fields *sql_fields(unsigned tag)
{
	return tag < ARRAY_LEN(all) && all[tag].known ? &all[tag] : NULL;
}
