#include "core/verdict.h"

bool try(enum verdict v);
bool try(enum verdict v)
{
	switch (v) {
	case VERDICT_ALLOW:
		return true;
	case VERDICT_HOLD:
	case VERDICT_DENY:
	case VERDICT_UNSET:
		return false;
	}
	return false;
}
