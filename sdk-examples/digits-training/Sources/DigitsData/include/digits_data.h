#ifndef DIGITS_DATA_H
#define DIGITS_DATA_H

#include <stddef.h>

/// The text of digits.csv. It ends with a newline and lives as long as the process.
const unsigned char *_Nonnull digits_csv(void);

/// Its length in bytes.
size_t digits_csv_length(void);

#endif
