/* Loses a handle of the library's: for the test that its own lists do not hide that. */
#include <hostheap.h>
#include <stdlib.h>

int main(void)
{
    hh_contract *contract;
    if (hh_contract_new("host", &contract) != HH_OK) {
        abort();
    }
    contract = NULL;
    return contract == NULL ? 0 : 1;
}
