/* Calls that fail while the thread that makes them is ending: the library does not abort there either. */
#include "check.h"

static int ended = 0;

static void fails_late(void)
{
    hh_contract *contract = NULL;
    CHECK(hh_contract_from_toml("this is none", &contract) == HH_ERR_ARGUMENT);
    CHECK(contract == NULL);
    /* Whether the message could be kept depends on the platform; that there is one does not. */
    CHECK(hh_error_message() != NULL && hh_error_message()[0] != '\0');
    CHECK(hh_error_detail() != NULL);
    CHECK(hh_error_code() == 0);
    CHECK(hh_error_trap() == HH_TRAP_NONE);
    CHECK(hh_error_status() == HH_ERR_ARGUMENT || hh_error_status() == HH_OK);
    /* What goes well does so still. */
    CHECK(hh_contract_new("late", &contract) == HH_OK);
    CHECK(hh_contract_delete(contract) == HH_OK);
    ended++;
    printf("failed late\n");
    fflush(stdout);
}

int main(void)
{
    hh_contract *contract = NULL;
    CHECK(atexit(fails_late) == 0);
    CHECK(hh_contract_from_toml("this is none", &contract) == HH_ERR_ARGUMENT);
    CHECK(hh_error_status() == HH_ERR_ARGUMENT);
    CHECK(ended == 0);
    return 0;
}
