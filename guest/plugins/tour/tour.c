/*
 * The plugin of the pages in docs/convention: one file for each page, with the
 * C that the page shows between [name] and [/name]. examples/tour is its host.
 */
#include "hostheap.h"

#include "scalars.h"
#include "strings.h"
#include "c_strings.h"
#include "slices.h"
#include "structs.h"
#include "structs_with_pointers.h"
#include "out_parameters.h"
#include "optional.h"
#include "owned.h"
#include "kept_blocks.h"
#include "results.h"
#include "errors.h"
