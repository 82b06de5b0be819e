/**
 * Everything that pages use of Carbon. What `@carbon/vue` does well for keyboards
 * and screen readers is passed on; the rest is own markup with Carbon's classes,
 * which the shell's stylesheet dresses.
 */
export {
  CvAccordion,
  CvAccordionItem,
  CvCheckbox,
  CvColumn,
  CvGrid,
  CvInlineLoading,
  CvRadioButton,
  CvRadioGroup,
  CvRow,
  CvSearch,
  CvSkeletonText,
  CvTile,
} from "@carbon/vue";
export { default as AppButton } from "./AppButton.vue";
export { default as AppDateInput } from "./AppDateInput.vue";
export { default as AppModal } from "./AppModal.vue";
export { default as AppNotification } from "./AppNotification.vue";
export { default as AppPagination } from "./AppPagination.vue";
export { default as AppProgressBar } from "./AppProgressBar.vue";
export { default as AppSelect } from "./AppSelect.vue";
export { default as AppTable } from "./AppTable.vue";
export { default as AppTag } from "./AppTag.vue";
export { default as AppTextArea } from "./AppTextArea.vue";
export { default as AppTextInput } from "./AppTextInput.vue";
export { default as AppToggle } from "./AppToggle.vue";
export type { Column, Sort } from "./table";
export type { Choice } from "./choice";
