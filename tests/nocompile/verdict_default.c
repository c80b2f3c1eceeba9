/* refused: not handled in switch -- every verdict has its case, and no default hides one. */
#include "core/verdict.h"

bool try(enum verdict v);
bool try(enum verdict v)
{
	switch (v) {
	case VERDICT_ALLOW:
		return true;
	case VERDICT_DENY:
	case VERDICT_UNSET:
		return false;
	}
	return false;
}
