/** A column of a table. */
export interface Column {
  key: string;
  label: string;
  sortable?: boolean;
  /** Numbers stand at the end of their cell. */
  align?: "start" | "end";
  /** Its values stay in one line. */
  whole?: boolean;
  /** Left out where there is little room. */
  minor?: boolean;
}

export interface Sort {
  key: string;
  descending: boolean;
}

/** What a press on a column's heading makes of the order. */
export function nextSort(current: Sort | null, key: string): Sort {
  return { key, descending: current?.key === key ? !current.descending : false };
}
