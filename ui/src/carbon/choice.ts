/** One entry of a list to choose from; entries of one `group` stand together. */
export interface Choice {
  value: string;
  label: string;
  group?: string;
}
