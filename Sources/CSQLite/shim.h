#pragma once
#include <sqlite3.h>

/* What Swift cannot import: a macro that casts, and a variadic function. */

static inline sqlite3_destructor_type vault_sqlite_transient(void) { return SQLITE_TRANSIENT; }

static inline int vault_sqlite_db_config(sqlite3 *db, int option, int value) {
    int now = -1;
    int code = sqlite3_db_config(db, option, value, &now);
    return code != SQLITE_OK ? code : (now == value ? SQLITE_OK : SQLITE_ERROR);
}
