#include "facts/commands.h"

struct row {
	uint32_t words, flags, bypass, name, window, takes, what, safer, yes, no;
	uint8_t effect, place, reversible;
};
struct program_row {
	uint32_t name;
	uint16_t group;
};
struct group_row {
	uint32_t values, dry;
	uint16_t first, n;
	bool single_dash;
};

/* Generated: command_text[], command_rows[], command_groups[], command_programs[] sorted by name, command_effects[]. */
#include "commands_rows.inc"

/* A text is two bytes of length and its bytes. */
static struct str text_at(uint32_t at)
{
	const unsigned char *p = (const unsigned char *)command_text + at;

	return (struct str){ command_text + at + 2, (size_t)p[0] | (size_t)p[1] << 8 };
}

bool command_fact_nth(size_t i, struct command_fact *ret)
{
	const struct row *r = &command_rows[i < ARRAY_LEN(command_rows) ? i : 0];

	if (i >= ARRAY_LEN(command_rows))
		return false;
	*ret = (struct command_fact){ .words = text_at(r->words),
				      .flags = text_at(r->flags),
				      .bypass = text_at(r->bypass),
				      .effect = &command_effects[r->effect],
				      .name = text_at(r->name),
				      .place = (enum command_place)r->place,
				      .reversible = (enum reversibility)r->reversible,
				      .window = text_at(r->window),
				      .takes = text_at(r->takes),
				      .what = text_at(r->what),
				      .safer = text_at(r->safer),
				      .yes = text_at(r->yes),
				      .no = text_at(r->no) };
	return true;
}

static void group_of(size_t i, struct command_program *ret)
{
	const struct group_row *g = &command_groups[command_programs[i].group];

	*ret = (struct command_program){ g->first,	  g->n,		  text_at(g->values),
					 text_at(g->dry), g->single_dash, command_programs[i].group };
}

bool command_program_find(struct str name, struct command_program *ret)
{
	size_t lo = 0, hi = ARRAY_LEN(command_programs);

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		int d = str_cmp(name, text_at(command_programs[mid].name));

		if (d == 0) {
			group_of(mid, ret);
			return true;
		}
		if (d < 0)
			hi = mid;
		else
			lo = mid + 1;
	}
	return false;
}

struct str command_program_name(size_t i, struct command_program *ret)
{
	if (i >= ARRAY_LEN(command_programs))
		return STR_NONE;
	group_of(i, ret);
	return text_at(command_programs[i].name);
}
